#include "agent/loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace warder::agent {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

Result<std::unique_ptr<Loop>> Loop::create() {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.is_open()) return fail_errno("epoll_create1", errno);
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.is_open()) return fail_errno("eventfd", errno);
  auto loop = std::unique_ptr<Loop>(new Loop(std::move(epoll), std::move(wake)));  // NOLINT: private constructor
  const int wake_fd = loop->wake_.get();
  WD_TRY(loop->watch(wake_fd, [wake_fd] {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t size = ::read(wake_fd, &count, sizeof count);
  }));
  return loop;
}

Result<void> Loop::watch(int fd, Task ready) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return fail_errno("epoll_ctl", errno);
  watched_[fd] = std::move(ready);
  return {};
}

void Loop::unwatch(int fd) {
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  watched_.erase(fd);
}

Loop::TimerId Loop::after(milliseconds delay, Task task) {
  timers_[next_timer_] = {steady_clock::now() + delay, milliseconds{0}, std::move(task)};
  return next_timer_++;
}

Loop::TimerId Loop::every(milliseconds period, Task task) {
  timers_[next_timer_] = {steady_clock::now() + period, period, std::move(task)};
  return next_timer_++;
}

void Loop::cancel(TimerId timer) {
  timers_.erase(timer);
}

void Loop::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(task));
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t size = ::write(wake_.get(), &one, sizeof one);
}

void Loop::stop() {
  post([this] { is_stopped_ = true; });
}

void Loop::run_posted() {
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (Task& task : tasks) task();
}

void Loop::run_due_timers() {
  const Time now = steady_clock::now();
  std::vector<TimerId> due;
  for (const auto& [id, timer] : timers_) {
    if (timer.due <= now) due.push_back(id);
  }
  for (const TimerId id : due) {
    const auto found = timers_.find(id);
    if (found == timers_.end()) continue;  // cancelled by one before it
    const Task task = found->second.task;
    const bool is_periodic = found->second.period.count() > 0;
    if (!is_periodic) timers_.erase(found);
    task();
    const auto again = timers_.find(id);
    if (is_periodic && again != timers_.end()) again->second.due = steady_clock::now() + again->second.period;
  }
}

int Loop::wait_ms() const {
  if (timers_.empty()) return -1;
  const auto next = std::ranges::min_element(timers_, {}, [](const auto& timer) { return timer.second.due; });
  const auto wait = std::chrono::ceil<milliseconds>(next->second.due - steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(wait.count(), 0, 60'000));
}

void Loop::run() {
  is_stopped_ = false;
  while (!is_stopped_) {
    std::array<epoll_event, 16> events{};
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_ms());
    for (int i = 0; i < count && !is_stopped_; ++i) {
      const auto found = watched_.find(events.at(static_cast<std::size_t>(i)).data.fd);
      if (found == watched_.end()) continue;  // unwatched by one before it
      const Task task = found->second;
      task();
    }
    run_posted();
    if (!is_stopped_) run_due_timers();
  }
}

}  // namespace warder::agent
