// From a directory's file handle, as fanotify reports it, to the paths by which we know the directory.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace warder::host {

/// name_to_handle_at(2)'s answer, as bytes that compare.
struct DirectoryHandle {
  std::uint64_t file_system = 0;  // statfs f_fsid
  int type = 0;
  std::string bytes;
};

/// Handles are cheap to compare and dear to resolve (open_by_handle_at and readlink, 7 µs), so answers are kept until a
/// directory is renamed or a mount changes. Single-threaded.
class HandlePaths {
 public:
  /// A directory on a mount of that file system: handles resolve to paths as seen through it. The path is kept, not a
  /// descriptor, which would stop the mount from being unmounted.
  void add_mount(std::uint64_t file_system, std::string directory);
  void set_interest(std::function<bool(const std::string&)> may_matter);
  void forget_paths() noexcept { paths_.clear(); }

  /// The directory's paths that matter, one for each mount; empty when none does or the directory is gone. Valid until
  /// the next call.
  const std::vector<std::string>& find(const DirectoryHandle& handle);

 private:
  std::vector<std::string> resolve(const DirectoryHandle& handle) const;

  std::multimap<std::uint64_t, std::string> mounts_;
  std::function<bool(const std::string&)> may_matter_;
  std::unordered_map<std::string, std::vector<std::string>> paths_;
};

}  // namespace warder::host
