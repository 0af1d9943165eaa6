#include "manager/directory/watchdog.h"

#include <fcntl.h>
#include <sys/socket.h>

namespace warder::manager {

Watchdog::Watchdog(int fd, Deadline deadline) : fd_(::fcntl(fd, F_DUPFD_CLOEXEC, 0)), deadline_(deadline) {
  if (fd_.is_open()) thread_ = std::thread([this] { watch(); });
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Watchdog::extend(Deadline deadline) {
  {
    const std::lock_guard lock(mutex_);
    deadline_ = deadline;
  }
  changed_.notify_all();
}

Deadline Watchdog::deadline() const {
  const std::lock_guard lock(mutex_);
  return deadline_;
}

bool Watchdog::has_bitten() const {
  const std::lock_guard lock(mutex_);
  return has_bitten_;
}

void Watchdog::watch() {
  std::unique_lock lock(mutex_);
  while (!is_over_) {
    if (std::chrono::steady_clock::now() < deadline_) {
      const Deadline next = deadline_;
      changed_.wait_until(lock, next);
      continue;
    }
    has_bitten_ = true;
    ::shutdown(fd_.get(), SHUT_RDWR);
    return;
  }
}

}  // namespace warder::manager
