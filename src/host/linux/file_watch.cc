#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <mutex>
#include <optional>
#include <set>

#include "host/linux/fanotify.h"
#include "host/linux/inotify.h"
#include "host/linux/linux_host.h"

namespace warder::host {
namespace {

using std::chrono::milliseconds;

// From this many events on, waiting a little and reading them together is worth the delay.
constexpr std::size_t kManyEvents = 256;

class LinuxFileWatch final : public FileWatch {
 public:
  LinuxFileWatch(std::optional<Fanotify> fanotify, Inotify inotify, UniqueFd wake, UniqueFd mounts)
      : fanotify_(std::move(fanotify)),
        inotify_(std::move(inotify)),
        wake_(std::move(wake)),
        mount_table_(std::move(mounts)) {}

  [[nodiscard]] std::string_view mechanism() const noexcept override { return fanotify_ ? "fanotify" : "inotify"; }
  Result<void> cover(const std::string& path, const FileStat& stat) override;
  void set_interest(std::function<bool(const std::string&)> may_matter) override;
  Result<WatchBatch> read(milliseconds timeout, milliseconds gather) override;
  void interrupt() noexcept override;

 private:
  Result<bool> cover_by_fanotify(const std::string& path, const FileStat& stat);
  bool wait(milliseconds timeout, bool for_events);

  std::mutex mutex_;  // guards all but the descriptors
  std::optional<Fanotify> fanotify_;
  Inotify inotify_;
  std::set<std::uint64_t> covered_mounts_;
  std::set<std::uint64_t> refused_devices_;  // where fanotify does not work
  UniqueFd wake_;
  UniqueFd mount_table_;
  bool is_busy_ = false;
  bool has_new_mounts_ = false;
};

Result<void> LinuxFileWatch::cover(const std::string& path, const FileStat& stat) {
  const std::lock_guard lock(mutex_);
  if (WD_TRY(cover_by_fanotify(path, stat))) return {};
  return inotify_.cover(path);
}

Result<bool> LinuxFileWatch::cover_by_fanotify(const std::string& path, const FileStat& stat) {
  if (!fanotify_ || refused_devices_.contains(stat.device)) return false;
  if (stat.mount != 0 && covered_mounts_.contains(stat.mount)) return true;
  const auto marked = fanotify_->cover(path);
  if (!marked && marked.error().code == ErrorCode::NotFound) return fail(marked.error());
  if (!marked) {
    refused_devices_.insert(stat.device);
    return false;
  }
  covered_mounts_.insert(stat.mount);
  return true;
}

void LinuxFileWatch::set_interest(std::function<bool(const std::string&)> may_matter) {
  const std::lock_guard lock(mutex_);
  if (fanotify_) fanotify_->set_interest(std::move(may_matter));
}

// True when there is something to read.
bool LinuxFileWatch::wait(milliseconds timeout, bool for_events) {
  std::array<pollfd, 4> polled{};
  polled[0] = {wake_.get(), POLLIN, 0};
  polled[1] = {mount_table_.get(), POLLPRI, 0};
  polled[2] = {inotify_.fd(), POLLIN, 0};
  polled[3] = {fanotify_ ? fanotify_->fd() : -1, POLLIN, 0};
  const nfds_t count = for_events ? polled.size() : 1;
  if (::poll(polled.data(), count, static_cast<int>(timeout.count())) <= 0) return false;
  if ((polled[0].revents & POLLIN) != 0) {
    std::uint64_t value = 0;
    if (::read(wake_.get(), &value, sizeof value) < 0) return false;
  }
  // proc_pid_mountinfo(5): POLLPRI and POLLERR when a mount comes or goes.
  if ((polled[1].revents & (POLLPRI | POLLERR)) != 0) has_new_mounts_ = true;
  return ((polled[2].revents | polled[3].revents) & POLLIN) != 0;
}

Result<WatchBatch> LinuxFileWatch::read(milliseconds timeout, milliseconds gather) {
  // The queue of events merges what happens again to the same file; reading in gulps lets it (research: a tenth of the
  // cost at 100,000 events a second).
  if (is_busy_) wait(gather, false);
  const bool has_events = wait(is_busy_ ? milliseconds{0} : timeout, true);
  WatchBatch batch;
  const std::lock_guard lock(mutex_);
  if (std::exchange(has_new_mounts_, false)) {
    batch.has_mounts_changed = true;
    covered_mounts_.clear();  // a mount's number is used again
    if (fanotify_) fanotify_->forget_paths();
  }
  if (!has_events) {
    is_busy_ = false;
    return batch;
  }
  std::size_t count = WD_TRY(inotify_.drain(batch));
  if (fanotify_) count += WD_TRY(fanotify_->drain(batch));
  is_busy_ = count >= kManyEvents;
  return batch;
}

void LinuxFileWatch::interrupt() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

Result<std::unique_ptr<FileWatch>> make_watch(std::optional<Fanotify> fanotify) {
  Inotify inotify = WD_TRY(Inotify::create());
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.is_open()) return fail_errno("eventfd", errno);
  UniqueFd mounts(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));  // without it new mounts wait for a scan
  return std::unique_ptr<FileWatch>(
      std::make_unique<LinuxFileWatch>(std::move(fanotify), std::move(inotify), std::move(wake), std::move(mounts)));
}

}  // namespace

Result<std::unique_ptr<FileWatch>> make_linux_file_watch() {
  auto fanotify = Fanotify::create();
  if (!fanotify) return make_watch(std::nullopt);
  return make_watch(std::move(*fanotify));
}

Result<std::unique_ptr<FileWatch>> make_inotify_file_watch() {
  return make_watch(std::nullopt);
}

}  // namespace warder::host
