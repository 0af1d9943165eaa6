// Counts of whole hours by what the rollups keep (is_rollup_field), made with each batch: what a page of events shows
// beside its list is read from these, however many events there are.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "manager/events/filter.h"
#include "manager/store/db.h"

namespace warder::manager {

/// How many events have each value of a field.
using ValueCounts = std::map<FilterValue, std::int64_t>;

struct EventCounts {
  std::int64_t total = 0;
  std::vector<ValueCounts> of;  // of each field that was asked for, in its order
};

/// Adds to `counts` those of the whole hours [from, to), in one pass whatever the number of fields. The filter and the
/// fields are ones of the rollups. Of a field the 10,000 most frequent values of a file count.
Result<void> add_rollups(Db& db, const Filter& filter, Timestamp from, Timestamp to,
                         std::span<const FilterField* const> fields, EventCounts& counts);

/// By severity, as the numbers of `Severity`.
using SeverityCounts = std::array<std::int64_t, 5>;
/// The counts of each whole hour of [from, to) that has any, by its beginning.
Result<void> read_hours(Db& db, const Filter& filter, Timestamp from, Timestamp to,
                        const std::function<void(Timestamp, const SeverityCounts&)>& use);

}  // namespace warder::manager
