// An event as a row of the events table, and back.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "manager/events/stored_event.h"
#include "manager/store/db.h"

namespace warder::manager {

/// The columns that read_event expects, in its order.
inline constexpr std::string_view kEventColumns =
    "time, id, received, agent_id, host, module, type, severity, action, rule, fields, asset_value, tags";
inline constexpr int kEventColumnCount = 13;

Result<StoredEvent> read_event(const Row& row);

/// The event's fields as JSON text, in their order.
std::string fields_text(const Event& event);

/// As the column holds it.
inline Bytes bytes_of(const EventId& id) {
  return {id.uuid.bytes.begin(), id.uuid.bytes.end()};
}

/// Inserts; for each, in order, whether it is new: false when an event of this time and id is there already.
Result<std::vector<bool>> insert_events(Db& db, std::span<const StoredEvent* const> events);

}  // namespace warder::manager
