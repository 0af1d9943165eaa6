// The live feed: what was just stored, to whoever follows. In-process and lossy by design: a slow follower loses
// events, is told how many, and finds them in the store.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "manager/events/filter.h"
#include "manager/events/stored_event.h"
#include "manager/tenancy/tenant_scope.h"

namespace warder::manager {

using SharedEvent = std::shared_ptr<const StoredEvent>;

/// One follower's bounded queue. Thread-safe.
class EventFollower {
 public:
  struct Batch {
    std::vector<SharedEvent> events;  // in the order of storing
    std::uint64_t dropped = 0;        // lost since the last take, before these
  };

  EventFollower(TenantId tenant, Filter filter, std::size_t capacity)
      : tenant_(tenant), filter_(std::move(filter)), capacity_(capacity) {}
  /// What has come; empty when nothing has.
  Batch take();

 private:
  friend class EventFeed;
  void offer(const SharedEvent& event);

  const TenantId tenant_;
  const Filter filter_;
  const std::size_t capacity_;
  std::mutex mutex_;  // guards the two below
  std::deque<SharedEvent> queue_;
  std::uint64_t dropped_ = 0;
};

/// Thread-safe.
class EventFeed {
 public:
  /// Follows until the returned pointer is gone.
  std::shared_ptr<EventFollower> follow(const TenantScope& scope, Filter filter, std::size_t capacity = 1000);
  void publish(const TenantId& tenant, std::span<const SharedEvent> events);
  [[nodiscard]] std::size_t followers() const;

  /// Waits until something is published after `seen`, at most `limit`; returns the number of publications so far.
  std::uint64_t wait(std::uint64_t seen, std::chrono::milliseconds limit);
  /// Ends every present and future wait at once.
  void stop();

 private:
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable published_;
  std::uint64_t publications_ = 0;
  bool stopped_ = false;
  std::vector<std::weak_ptr<EventFollower>> followers_;
};

}  // namespace warder::manager
