// The supervisor's event loop: descriptors, timers and tasks from other threads, all called on the thread in run().
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/file.h"
#include "base/result.h"

namespace warder::agent {

/// Single-threaded but for post() and stop().
class Loop {
 public:
  using Task = std::function<void()>;
  using Time = std::chrono::steady_clock::time_point;
  using TimerId = std::uint64_t;

  static Result<std::unique_ptr<Loop>> create();

  /// Calls `ready` whenever `fd` can be read or its peer is gone, until unwatch().
  Result<void> watch(int fd, Task ready);
  void unwatch(int fd);

  TimerId after(std::chrono::milliseconds delay, Task task);
  /// Again and again, `period` after the end of the last call.
  TimerId every(std::chrono::milliseconds period, Task task);
  void cancel(TimerId timer);

  /// From any thread: `task` is called on the loop's.
  void post(Task task);
  /// From any thread: run() returns after the present call.
  void stop();
  void run();

 private:
  Loop(UniqueFd epoll, UniqueFd wake) : epoll_(std::move(epoll)), wake_(std::move(wake)) {}
  void run_posted();
  void run_due_timers();
  [[nodiscard]] int wait_ms() const;

  struct Timer {
    Time due;
    std::chrono::milliseconds period{0};  // 0: once
    Task task;
  };

  UniqueFd epoll_;
  UniqueFd wake_;
  std::map<int, Task> watched_;
  std::map<TimerId, Timer> timers_;  // few: a scan is cheaper than a second index
  TimerId next_timer_ = 1;
  std::mutex mutex_;  // guards posted_
  std::vector<Task> posted_;
  bool is_stopped_ = false;
};

}  // namespace warder::agent
