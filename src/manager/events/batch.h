// A batch on its way into the files: what is checked, retimed and grouped before anything is written.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "manager/events/event_feed.h"
#include "manager/events/event_store.h"
#include "manager/events/month.h"
#include "manager/events/spool_places.h"

namespace warder::manager {

struct PreparedEvent {
  StoredEvent stored;
  bool is_retimed = false;  // its time was beyond the limits: known again by its id alone
};

struct EventStore::Batch {
  std::map<Month, std::vector<PreparedEvent>> months;
  std::optional<SpoolKey> spool;  // absent: the manager's own event
  SpoolPlace place;               // to reach
  std::size_t duplicates = 0;
  std::vector<SharedEvent> inserted;
};

/// Why the event can never be stored; empty when it can.
std::string reason_to_refuse(const Event& event);

/// The event as it will be stored; its time is replaced when it is beyond the limits.
PreparedEvent prepare_event(Event event, Timestamp received, const EventStoreOptions& options,
                            const EventRetention& retention);

/// Whether the id, a UUIDv7, leads to the event's time within a few seconds.
bool id_tells_time(const Event& event) noexcept;
inline constexpr std::chrono::seconds kIdTimeTolerance{5};

/// Writes one month's part of a batch within the caller's transaction: events, displaced ids and rollups. Appends what
/// was new to `inserted`, counts the rest.
Result<void> write_events(Db& db, std::vector<PreparedEvent>& events, std::vector<SharedEvent>& inserted,
                          std::size_t& duplicates);

/// Moves a stored event in the rollups from what it was to what it is, within the caller's transaction.
Result<void> count_again(Db& db, const StoredEvent& was, const StoredEvent& is);

}  // namespace warder::manager
