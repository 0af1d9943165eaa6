// An event as a row of the events table, and back.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "manager/events/stored_event.h"
#include "manager/store/db.h"

namespace warder::manager {

/// The columns that read_event expects, in its order.
inline constexpr std::string_view kEventColumns =
    "time, id, received, agent_id, host, module, type, severity, action, rule, fields";

Result<StoredEvent> read_event(const Row& row);

/// The event's fields as JSON text, in their order.
std::string fields_text(const Event& event);

/// Inserts; false when an event of this time and id is there already.
Result<bool> insert_event(Stmt& insert, const StoredEvent& stored);
inline constexpr std::string_view kInsertEvent =
    "INSERT INTO events (time, id, received, agent_id, host, module, type, severity, action, rule, fields) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (time, id) DO NOTHING";

}  // namespace warder::manager
