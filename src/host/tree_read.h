// Reading small files and directories of a FileTree by path. Links are followed, but only inside the tree: those of a
// mounted image never lead out of it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/file_tree.h"

namespace warder::host {

inline constexpr std::uint64_t kMaxFactsFile = 64 << 20;

/// An entry at the end of a chain of links; its directory is open.
struct Place {
  std::unique_ptr<Directory> directory;
  std::string path;  // of the entry, without links
  std::string name;
  FileStat stat;
};

/// nullopt when there is nothing, or more than 40 links on the way.
std::optional<Place> locate(FileTree& tree, const std::string& path);
/// The directory's path without links; nullopt when it is none.
std::optional<std::string> real_directory(FileTree& tree, const std::string& path);

/// The whole content of a regular file; nullopt when it is none, cannot be read or is larger than `max_bytes`.
std::optional<std::string> read_text(FileTree& tree, const std::string& path, std::uint64_t max_bytes = kMaxFactsFile);
std::optional<std::string> read_text(Directory& directory, const std::string& name,
                                     std::uint64_t max_bytes = kMaxFactsFile);
/// Its first `max_bytes`.
std::optional<std::string> read_head(Directory& directory, const std::string& name, std::uint64_t max_bytes);

/// A directory and what is in it, by name; empty when there is none. At most `max_entries`.
struct OpenList {
  std::unique_ptr<Directory> directory;
  std::string path;
  std::vector<FileEntry> entries;
};
OpenList open_list(FileTree& tree, const std::string& path, std::size_t max_entries = 100'000);

}  // namespace warder::host
