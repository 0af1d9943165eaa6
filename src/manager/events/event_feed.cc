#include "manager/events/event_feed.h"

#include <algorithm>

#include "manager/events/filter_match.h"

namespace warder::manager {

EventFollower::Batch EventFollower::take() {
  const std::scoped_lock lock{mutex_};
  Batch batch;
  batch.events.assign(queue_.begin(), queue_.end());
  batch.dropped = std::exchange(dropped_, 0);
  queue_.clear();
  return batch;
}

void EventFollower::offer(const SharedEvent& event) {
  if (!matches(filter_, *event)) return;
  const std::scoped_lock lock{mutex_};
  queue_.push_back(event);
  if (queue_.size() <= capacity_) return;
  queue_.pop_front();
  ++dropped_;
}

std::shared_ptr<EventFollower> EventFeed::follow(const TenantScope& scope, Filter filter, std::size_t capacity) {
  auto follower = std::make_shared<EventFollower>(scope.tenant(), std::move(filter), capacity);
  const std::scoped_lock lock{mutex_};
  followers_.push_back(follower);
  return follower;
}

void EventFeed::publish(const TenantId& tenant, std::span<const SharedEvent> events) {
  if (events.empty()) return;
  std::vector<std::shared_ptr<EventFollower>> followers;
  {
    const std::scoped_lock lock{mutex_};
    std::erase_if(followers_, [](const auto& follower) { return follower.expired(); });
    for (const auto& weak : followers_) {
      auto follower = weak.lock();
      if (follower && follower->tenant_ == tenant) followers.push_back(std::move(follower));
    }
  }
  for (const auto& follower : followers) {
    for (const SharedEvent& event : events) follower->offer(event);
  }
  const std::scoped_lock lock{mutex_};
  ++publications_;
  published_.notify_all();
}

std::size_t EventFeed::followers() const {
  const std::scoped_lock lock{mutex_};
  return static_cast<std::size_t>(
      std::ranges::count_if(followers_, [](const auto& follower) { return !follower.expired(); }));
}

std::uint64_t EventFeed::wait(std::uint64_t seen, std::chrono::milliseconds limit) {
  std::unique_lock lock{mutex_};
  published_.wait_for(lock, limit, [&] { return stopped_ || publications_ != seen; });
  return publications_;
}

void EventFeed::stop() {
  const std::scoped_lock lock{mutex_};
  stopped_ = true;
  published_.notify_all();
}

}  // namespace warder::manager
