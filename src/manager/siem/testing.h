// For tests: a store of events that keeps an outbox, destinations, and a receiver that does what it is told.
#pragma once

#include <deque>

#include "manager/events/testing.h"
#include "manager/siem/destinations.h"
#include "manager/siem/sink.h"

namespace warder::manager::testing {

/// What the fake receiver has and does. Shared with the sink, which a run owns.
struct Receiver {
  std::vector<EventId> taken;          // in order, repeats included
  std::size_t fails_after = SIZE_MAX;  // of one `send`
  std::vector<EventId> refuses;
  std::size_t unsettled = 0;         // of the last ones
  bool has_lost_connection = false;  // said once
};

class FakeSink final : public Sink {
 public:
  explicit FakeSink(Receiver& receiver) : receiver_(receiver) {}
  SinkReport send(std::span<const formats::OutgoingEvent> events, const std::stop_token& /*stop*/) override {
    SinkReport report;
    for (const formats::OutgoingEvent& event : events) {
      if (report.taken == receiver_.fails_after) {
        report.error = Error{ErrorCode::Unavailable, "the receiver is down"};
        return report;
      }
      if (std::ranges::find(receiver_.refuses, event.event.id) != receiver_.refuses.end()) {
        report.refused.push_back({report.taken, "not to my taste"});
      } else {
        receiver_.taken.push_back(event.event.id);
      }
      ++report.taken;
    }
    return report;
  }
  Result<std::size_t> unsettled() override {
    if (std::exchange(receiver_.has_lost_connection, false))
      return fail(ErrorCode::Unavailable, "the connection ended");
    return receiver_.unsettled;
  }

 private:
  Receiver& receiver_;
};

inline EventStoreOptions keeping_outbox() {
  EventStoreOptions options;
  options.keeps_outbox = [](const TenantScope&) { return true; };
  return options;
}

inline DestinationDraft syslog_draft(const std::string& name = "siem") {
  DestinationDraft draft;
  draft.name = name;
  draft.kind = "syslog";
  draft.settings = {{"host", "127.0.0.1"}, {"transport", "tcp"}};
  return draft;
}

}  // namespace warder::manager::testing
