// A filter as an SQL condition on the events table; only names from tables of ours are text, values are bound.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "manager/events/filter.h"
#include "manager/store/db.h"

namespace warder::manager {

struct SqlCondition {
  std::string text;             // "1 = 1" for All
  std::vector<DbValue> values;  // for ?first, ?first+1 …
};

/// Matches the same events as matches() of filter_match.h.
SqlCondition to_sql(const Filter& filter, std::size_t first_parameter, Dialect dialect);

/// The field's value as an SQL expression.
std::string sql_expression(const FilterField& field, Dialect dialect);

/// From where rows are grouped by fields, and the fields' values there; an event with several tags is a row for each.
struct GroupSource {
  std::string from;  // "events WHERE …"
  std::vector<std::string> values;
};
GroupSource group_source(std::span<const FilterField* const> fields, const std::string& condition, bool keeps_untagged,
                         Dialect dialect);

/// Whether only the columns are named that the rollups have too: host, module, severity, rule, type, action.
bool is_rollup_field(const FilterField& field) noexcept;
bool is_rollup_filter(const Filter& filter) noexcept;

}  // namespace warder::manager
