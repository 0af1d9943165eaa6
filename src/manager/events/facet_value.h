// A value of a field as the database has it, in the filter language's own kind.
#pragma once

#include <optional>

#include "manager/events/filter.h"
#include "manager/store/db.h"

namespace warder::manager {

/// Enumerators as their word, ids as text; absent for NULL.
std::optional<FilterValue> facet_value(const FilterField& field, const DbValue& value);

}  // namespace warder::manager
