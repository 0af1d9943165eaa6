// What an event says in a field, as one text: what alerts are grouped by.
#pragma once

#include <string>

#include "manager/events/filter_fields.h"
#include "manager/events/stored_event.h"

namespace warder::manager {

/// Empty for what it does not say, and for fields that are times.
std::string field_text(const FilterField& field, const StoredEvent& stored);

}  // namespace warder::manager
