// For tests of events: a store with one tenant, and events to put in.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"
#include "host/testing/clock.h"
#include "manager/events/event_store.h"
#include "manager/tenancy/testing.h"

namespace warder::manager {

inline constexpr Timestamp kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + std::chrono::hours{12};

inline Bytes epoch(std::uint8_t number = 1) {
  return Bytes(16, number);
}

/// A whole event at `time`, its id made for that time.
inline Event make_event(Timestamp time, Severity severity = Severity::Low) {
  Event event;
  event.time = time;
  event.id = EventId{UuidGenerator{fill_random}.next(time)};
  event.module = ModuleKind::Integrity;
  event.type = "integrity.file.updated";
  event.severity = severity;
  event.set("file.path", std::string{"/etc/passwd"});
  event.set("file.size", std::int64_t{42});
  event.set("change.while_stopped", true);
  return event;
}

/// The tenant's schemas that a store of events needs, behind `others`.
inline std::vector<FeatureSchema> with_events(std::vector<FeatureSchema> others) {
  others.push_back(events_config_schema());
  if (is_on_postgres()) others.push_back(events_partitioned_schema());
  return others;
}

class TestEvents {
 public:
  explicit TestEvents(EventStoreOptions options = {}, std::vector<FeatureSchema> others = {})
      : options_(options), tenants_(with_events(std::move(others))), clock_(kNow) {
    agent_.id = AgentId{UuidGenerator{fill_random}.next(kNow)};
    agent_.hostname = "web-1";
    reopen();
  }

  /// As after the end of the program, however it came.
  void reopen() {
    store_.reset();
    tenants_.reopen();
    store_ = std::make_unique<EventStore>(*tenants_, feed_, clock_, options_);
  }

  void reopen(EventStoreOptions options) {
    options_ = options;
    reopen();
  }

  EventStore& operator*() const noexcept { return *store_; }
  EventStore* operator->() const noexcept { return store_.get(); }
  [[nodiscard]] TenantScope scope() const { return tenants_.scope(); }

  Result<IngestResult> ingest(const std::vector<SequencedEvent>& events, const std::vector<LossRange>& losses = {}) {
    return store_->ingest(scope(), agent_, epoch(), events, losses);
  }
  [[nodiscard]] std::vector<StoredEvent> all(const Filter& filter = {}) const {
    return store_->list(scope(), {filter, {}, {}}, 10'000, "").value().items;
  }
  /// The sum of the rollups of every file.
  [[nodiscard]] std::int64_t counted() const { return store_->facets(scope(), {}, {}, 1).value().total; }

  warder::testing::ManualClock& clock() noexcept { return clock_; }
  EventFeed& feed() noexcept { return feed_; }
  AgentRef& agent() noexcept { return agent_; }
  TestTenants& tenants() noexcept { return tenants_; }

 private:
  EventStoreOptions options_;
  TestTenants tenants_;
  warder::testing::ManualClock clock_;
  EventFeed feed_;
  AgentRef agent_;
  std::unique_ptr<EventStore> store_;
};

/// Events with the sequences first..last, one per minute before now.
inline std::vector<SequencedEvent> make_sequence(std::uint64_t first, std::uint64_t last) {
  std::vector<SequencedEvent> events;
  for (std::uint64_t sequence = first; sequence <= last; ++sequence)
    events.push_back({sequence, make_event(kNow - std::chrono::minutes{1000 - static_cast<int>(sequence)})});
  return events;
}

}  // namespace warder::manager
