// Port: looking at files without trusting them. Nothing here follows a symbolic link, and nothing but a regular file is
// ever opened for reading, so a FIFO, a device or a link swapped in at the wrong moment does no harm.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::host {

enum class FileKind : std::uint8_t { Unknown, Regular, Directory, Symlink, Fifo, Socket, CharDevice, BlockDevice };
/// "file", "directory", "symlink" …
std::string_view name(FileKind kind) noexcept;

struct FileStat {
  FileKind kind = FileKind::Unknown;
  std::uint32_t mode = 0;  // permission bits with set-uid, set-gid and sticky
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t links = 0;
  std::uint64_t bytes = 0;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t modified_ns = 0;  // since 1970; times before are negative
  std::int64_t changed_ns = 0;   // of the inode (ctime): moves with every change and cannot be set by a program
  std::int64_t born_ns = 0;      // 0 where the file system does not say
  std::uint64_t mount = 0;       // which mount it was reached through; 0: not known
  friend bool operator==(const FileStat&, const FileStat&) = default;
};

struct FileEntry {
  std::string name;  // raw bytes: any but '/' and NUL
  FileStat stat;
};

/// What was read of a file: its state before and after, so that the caller can tell whether it moved meanwhile.
struct FileContent {
  FileStat before;
  FileStat after;
  std::uint64_t bytes = 0;
  bool is_whole = false;  // false: the limit was reached first
};

/// An open directory. Names are single components. Single-threaded.
class Directory {
 public:
  virtual ~Directory() = default;
  [[nodiscard]] virtual const FileStat& stat() const noexcept = 0;
  /// The next entries, in inode order within one answer, without "." and ".."; empty at the end. What vanishes while it
  /// is looked at is left out. An answer has some thousand entries at most, however big the directory.
  virtual Result<std::vector<FileEntry>> next_entries() = 0;
  /// nullopt when there is no such name.
  virtual Result<std::optional<FileStat>> find(const std::string& name) = 0;
  virtual Result<std::string> link_target(const std::string& name) = 0;
  /// Reads a regular file from its start, at most `max_bytes` and never past the size it had when it was opened,
  /// handing over each piece. Does not move the access time where the system allows. NotFound when it is gone, Conflict
  /// when it is no regular file.
  virtual Result<FileContent> read(const std::string& name, std::uint64_t max_bytes,
                                   const std::function<void(ByteView)>& piece) = 0;
  /// NotFound when it is gone, Conflict when it is no directory.
  virtual Result<std::unique_ptr<Directory>> open(const std::string& name) = 0;
};

/// A tree of files: the live host's, an image's, or a test's. Thread-safe; what it opens is not.
class FileTree {
 public:
  virtual ~FileTree() = default;
  /// Opens an absolute path no component of which is a symbolic link; NotFound or Conflict otherwise.
  virtual Result<std::unique_ptr<Directory>> open(const std::string& path) = 0;
  /// The path with every symbolic link in it resolved, as far as it exists; the rest is kept as it is.
  virtual std::string resolve(const std::string& path) = 0;
};

/// "/a/b" → "/a", "/a" → "/", "/" → "/".
std::string_view parent_of(std::string_view path) noexcept;
/// The last component; empty for "/".
std::string_view base_of(std::string_view path) noexcept;
std::string join(std::string_view directory, std::string_view name);

}  // namespace warder::host
