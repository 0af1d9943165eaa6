#include "cli/integrity_who.h"

#include <poll.h>

#include <mutex>
#include <thread>

#include "host/linux/linux_host.h"
#include "host/linux/process_events.h"

namespace warder::cli {
namespace {

constexpr int kPatienceMs = 100;

class RememberingTable final : public host::ProcessTable {
 public:
  explicit RememberingTable(std::unique_ptr<host::ProcessEvents> events)
      : live_(host::make_linux_process_table()), recent_(*live_), events_(std::move(events)) {
    if (events_) thread_ = std::jthread([this](const std::stop_token& stop) { follow(stop); });
  }

  std::optional<host::ProcessInfo> find(std::int32_t pid) override {
    const std::lock_guard lock(mutex_);
    if (events_) events_->read(recent_);
    return recent_.find(pid);
  }
  std::vector<std::int32_t> pids() override { return live_->pids(); }
  std::string user_name(std::uint32_t uid) override { return live_->user_name(uid); }
  std::string group_name(std::uint32_t gid) override { return live_->group_name(gid); }

 private:
  // The parent of a process is read while it lives.
  void follow(const std::stop_token& stop) {
    pollfd waiting{events_->fd(), POLLIN, 0};
    while (!stop.stop_requested()) {
      if (::poll(&waiting, 1, kPatienceMs) <= 0) continue;
      const std::lock_guard lock(mutex_);
      events_->read(recent_);
    }
  }

  std::unique_ptr<host::ProcessTable> live_;
  std::mutex mutex_;  // guards the next two
  host::RecentProcesses recent_;
  std::unique_ptr<host::ProcessEvents> events_;
  std::jthread thread_;
};

}  // namespace

RememberedProcesses remember_processes() {
  auto events = host::open_process_events();
  const std::string_view mechanism = events ? events->mechanism() : "none";
  return {std::make_unique<RememberingTable>(std::move(events)), mechanism};
}

}  // namespace warder::cli
