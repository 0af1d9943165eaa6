// Port: hearing of changes to files as they happen. What it says are hints: the reader looks at the file itself, so a
// hint too many does no harm, and one that is lost is told as an overflow.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/file_tree.h"

namespace warder::host {

struct WatchEvent {
  std::string path;           // absolute; of the entry that changed
  std::int32_t pid = 0;       // who did it; 0: not known
  bool is_directory = false;  // the entry is a directory
  bool is_new = false;        // the entry appeared
  bool is_gone = false;       // the entry disappeared
  bool is_moved = false;      // … by a rename
  bool was_written = false;   // content changed; a writer may still have it open
  bool was_closed = false;    // a writer has closed it
};

/// Events of one file system were lost: whatever is watched below `path` on it may have changed.
struct WatchLoss {
  std::string path = "/";
  std::uint64_t device = 0;  // of the file system, as FileStat has it; 0: whatever is below the path
  friend auto operator<=>(const WatchLoss&, const WatchLoss&) = default;
};

struct WatchBatch {
  std::vector<WatchEvent> events;
  std::vector<WatchLoss> losses;
  bool has_mounts_changed = false;  // a file system was mounted or unmounted: look for directories not yet covered
};

/// Single-threaded, but interrupt() may come from any thread.
class FileWatch {
 public:
  virtual ~FileWatch() = default;
  /// "fanotify", "inotify".
  [[nodiscard]] virtual std::string_view mechanism() const noexcept = 0;
  /// Hears of the entries of this directory from now on (and perhaps of others). Thread-safe, cheap when it is covered
  /// already.
  virtual Result<void> cover(const std::string& path, const FileStat& stat) = 0;
  /// Only paths for which this holds matter: it is asked with a directory, and answers whether anything below it does.
  virtual void set_interest(std::function<bool(const std::string& directory)> may_matter) = 0;
  /// Waits for events, at most `timeout`. Collects for up to `gather` when many arrive, which costs far less than one
  /// by one.
  virtual Result<WatchBatch> read(std::chrono::milliseconds timeout, std::chrono::milliseconds gather) = 0;
  /// Makes a waiting read() return.
  virtual void interrupt() noexcept = 0;
};

}  // namespace warder::host
