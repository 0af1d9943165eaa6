// Changes on whole file systems by fanotify, with directory handles and names (linux 5.9: FAN_REPORT_DFID_NAME).
#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "host/file_watch.h"
#include "host/linux/handle_paths.h"

namespace warder::host {

class Fanotify {
 public:
  /// Forbidden without CAP_SYS_ADMIN, Invalid where the kernel is too old.
  static Result<Fanotify> create();

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  /// Marks the file system that `directory` is on. Fails where it cannot tell handles (some overlays and network file
  /// systems).
  Result<void> cover(const std::string& directory);
  void set_interest(std::function<bool(const std::string&)> may_matter) { paths_.set_interest(std::move(may_matter)); }
  void forget_paths() noexcept { paths_.forget_paths(); }
  /// Appends all events that are waiting; returns how many the kernel had, those that do not matter included.
  Result<std::size_t> drain(WatchBatch& batch);
  /// Since the last time of asking the queue was full, and events were lost.
  [[nodiscard]] bool take_overflow() noexcept { return std::exchange(has_overflowed_, false); }

 private:
  explicit Fanotify(UniqueFd fd);
  std::size_t parse(ByteView bytes, WatchBatch& batch);
  void add_event(ByteView event, WatchBatch& batch);

  UniqueFd fd_;
  HandlePaths paths_;
  std::vector<std::uint8_t> buffer_;
  bool has_overflowed_ = false;
};

}  // namespace warder::host
