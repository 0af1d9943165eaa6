// A filter as an SQL condition on the events table; only names from tables of ours are text, values are bound.
#pragma once

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

/// Whether only the columns are named that the rollups have too: host, module, severity, rule.
bool is_rollup_field(const FilterField& field) noexcept;
bool is_rollup_filter(const Filter& filter) noexcept;

}  // namespace warder::manager
