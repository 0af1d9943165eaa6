// Changes in single directories by inotify: for file systems that fanotify cannot cover, and where it is refused.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "host/file_watch.h"

namespace warder::host {

class Inotify {
 public:
  static Result<Inotify> create();

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  /// Fails with TooMany at the kernel's limit (fs.inotify.max_user_watches).
  Result<void> cover(const std::string& directory);
  Result<std::size_t> drain(WatchBatch& batch);

 private:
  explicit Inotify(UniqueFd fd) : fd_(std::move(fd)), buffer_(64 << 10) {}
  std::size_t parse(ByteView bytes, WatchBatch& batch);
  void forget_below(const std::string& directory);

  UniqueFd fd_;
  std::unordered_map<int, std::string> directories_;  // by watch descriptor
  std::vector<std::uint8_t> buffer_;
};

}  // namespace warder::host
