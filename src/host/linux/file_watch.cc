#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <set>

#include "base/file.h"
#include "host/linux/fanotify.h"
#include "host/linux/inotify.h"
#include "host/linux/linux_host.h"
#include "host/mounts.h"

namespace warder::host {
namespace {

using std::chrono::milliseconds;

// From this many events on, waiting a little and reading them together is worth the delay.
constexpr std::size_t kManyEvents = 256;
constexpr std::size_t kMaxMountTable = 16 << 20;

// A queue for each file system: when one is full, what it lost is known to be there. The first also has those that
// show one file system under many devices, and what comes after kMaxQueues.
struct Queue {
  Fanotify fanotify;
  std::uint64_t device = 0;  // 0: of several
};
constexpr std::size_t kMaxQueues = 16;

class LinuxFileWatch final : public FileWatch {
 public:
  LinuxFileWatch(std::vector<Queue> queues, Inotify inotify, UniqueFd wake, UniqueFd mounts)
      : queues_(std::move(queues)),
        inotify_(std::move(inotify)),
        wake_(std::move(wake)),
        mount_table_(std::move(mounts)),
        has_fanotify_(!queues_.empty()) {}

  [[nodiscard]] std::string_view mechanism() const noexcept override { return has_fanotify_ ? "fanotify" : "inotify"; }
  Result<void> cover(const std::string& path, const FileStat& stat) override;
  void set_interest(std::function<bool(const std::string&)> may_matter) override;
  Result<WatchBatch> read(milliseconds timeout, milliseconds gather) override;
  void interrupt() noexcept override;

 private:
  Result<bool> cover_by_fanotify(const std::string& path, const FileStat& stat);
  Queue& queue_of(const std::string& path, const FileStat& stat);
  bool wait(milliseconds timeout, bool for_events);
  void add_losses(WatchBatch& batch);

  std::mutex mutex_;  // guards all but the descriptors
  std::vector<Queue> queues_;
  std::function<bool(const std::string&)> may_matter_;
  Inotify inotify_;
  std::set<std::uint64_t> covered_mounts_;
  std::set<std::uint64_t> refused_devices_;  // where fanotify does not work
  UniqueFd wake_;
  UniqueFd mount_table_;
  const bool has_fanotify_;
  bool is_busy_ = false;
  bool has_new_mounts_ = false;
};

Result<void> LinuxFileWatch::cover(const std::string& path, const FileStat& stat) {
  const std::lock_guard lock(mutex_);
  if (WD_TRY(cover_by_fanotify(path, stat))) return {};
  return inotify_.cover(path);
}

Result<bool> LinuxFileWatch::cover_by_fanotify(const std::string& path, const FileStat& stat) {
  if (!has_fanotify_ || refused_devices_.contains(stat.device)) return false;
  if (stat.mount != 0 && covered_mounts_.contains(stat.mount)) return true;
  const auto marked = queue_of(path, stat).fanotify.cover(path);
  if (!marked && marked.error().code == ErrorCode::NotFound) return fail(marked.error());
  if (!marked) {
    refused_devices_.insert(stat.device);
    return false;
  }
  covered_mounts_.insert(stat.mount);
  return true;
}

Queue& LinuxFileWatch::queue_of(const std::string& path, const FileStat& stat) {
  const auto known = std::ranges::find(queues_, stat.device, &Queue::device);
  if (known != queues_.end()) return *known;
  struct statfs raw {};
  const bool has_many_devices = ::statfs(path.c_str(), &raw) != 0 || raw.f_type == BTRFS_SUPER_MAGIC;
  if (has_many_devices || queues_.size() >= kMaxQueues) return queues_.front();
  auto made = Fanotify::create();
  if (!made) return queues_.front();  // the kernel's limit of groups
  made->set_interest(may_matter_);
  queues_.push_back({std::move(*made), stat.device});
  return queues_.back();
}

void LinuxFileWatch::set_interest(std::function<bool(const std::string&)> may_matter) {
  const std::lock_guard lock(mutex_);
  may_matter_ = std::move(may_matter);
  for (Queue& queue : queues_) queue.fanotify.set_interest(may_matter_);
}

// True when there is something to read.
bool LinuxFileWatch::wait(milliseconds timeout, bool for_events) {
  std::vector<pollfd> polled = {{wake_.get(), POLLIN, 0}};
  if (for_events) {
    polled.push_back({mount_table_.get(), POLLPRI, 0});
    polled.push_back({inotify_.fd(), POLLIN, 0});
    const std::lock_guard lock(mutex_);  // another thread may cover what needs a queue of its own
    for (const Queue& queue : queues_) polled.push_back({queue.fanotify.fd(), POLLIN, 0});
  }
  if (::poll(polled.data(), polled.size(), static_cast<int>(timeout.count())) <= 0) return false;
  if ((polled[0].revents & POLLIN) != 0) {
    std::uint64_t value = 0;
    if (::read(wake_.get(), &value, sizeof value) < 0) return false;
  }
  // proc_pid_mountinfo(5): POLLPRI and POLLERR when a mount comes or goes.
  if (for_events && (polled[1].revents & (POLLPRI | POLLERR)) != 0) has_new_mounts_ = true;
  return for_events &&
         std::any_of(polled.begin() + 2, polled.end(), [](const pollfd& each) { return (each.revents & POLLIN) != 0; });
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
    for (Queue& queue : queues_) queue.fanotify.forget_paths();
  }
  if (!has_events) {
    is_busy_ = false;
    return batch;
  }
  std::size_t count = WD_TRY(inotify_.drain(batch));
  for (Queue& queue : queues_) count += WD_TRY(queue.fanotify.drain(batch));
  add_losses(batch);
  is_busy_ = count >= kManyEvents;
  return batch;
}

// Where the file systems of full queues are mounted.
void LinuxFileWatch::add_losses(WatchBatch& batch) {
  std::vector<Mount> mounts;
  for (Queue& queue : queues_) {
    if (!queue.fanotify.take_overflow()) continue;
    if (mounts.empty()) mounts = parse_mountinfo(read_file("/proc/self/mountinfo", kMaxMountTable).value_or(""));
    const std::string number = std::to_string(major(queue.device)) + ":" + std::to_string(minor(queue.device));
    const std::size_t before = batch.losses.size();
    for (const Mount& mount : mounts)
      if (queue.device != 0 && mount.device == number) batch.losses.push_back({mount.target, queue.device});
    if (batch.losses.size() == before) batch.losses.emplace_back();
  }
}

void LinuxFileWatch::interrupt() noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

Result<std::unique_ptr<FileWatch>> make_watch(std::vector<Queue> queues) {
  Inotify inotify = WD_TRY(Inotify::create());
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.is_open()) return fail_errno("eventfd", errno);
  UniqueFd mounts(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));  // without it new mounts wait for a scan
  return std::unique_ptr<FileWatch>(
      std::make_unique<LinuxFileWatch>(std::move(queues), std::move(inotify), std::move(wake), std::move(mounts)));
}

}  // namespace

Result<std::unique_ptr<FileWatch>> make_linux_file_watch() {
  auto fanotify = Fanotify::create();
  std::vector<Queue> queues;
  queues.reserve(kMaxQueues);
  if (fanotify) queues.push_back({std::move(*fanotify), 0});
  return make_watch(std::move(queues));
}

Result<std::unique_ptr<FileWatch>> make_inotify_file_watch() {
  return make_watch({});
}

}  // namespace warder::host
