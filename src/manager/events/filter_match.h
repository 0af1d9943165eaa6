// A filter on an event in memory: for the live feed, and as the second opinion on the SQL.
#pragma once

#include "manager/events/filter.h"
#include "manager/events/stored_event.h"

namespace warder::manager {

[[nodiscard]] bool matches(const Filter& filter, const StoredEvent& stored);

}  // namespace warder::manager
