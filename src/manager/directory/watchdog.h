// Ends a socket's traffic at a time, whoever waits for it: for libraries whose own time-outs do not hold.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/file.h"
#include "manager/directory/server_socket.h"

namespace warder::manager {

/// Thread-safe. The thread ends with this.
class Watchdog {
 public:
  /// Of the same socket, also when somebody else closes `fd`. Not open when there is no descriptor left.
  Watchdog(int fd, Deadline deadline);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  [[nodiscard]] bool is_open() const noexcept { return fd_.is_open(); }
  void extend(Deadline deadline);
  [[nodiscard]] Deadline deadline() const;
  [[nodiscard]] bool has_bitten() const;

 private:
  void watch();

  UniqueFd fd_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  Deadline deadline_;
  bool is_over_ = false;
  bool has_bitten_ = false;
  std::thread thread_;
};

}  // namespace warder::manager
