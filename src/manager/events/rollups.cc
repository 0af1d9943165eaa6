#include "manager/events/rollups.h"

#include <algorithm>

#include "manager/events/facet_value.h"
#include "manager/events/filter_sql.h"

namespace warder::manager {
namespace {

constexpr std::int64_t kHourMicros = 3'600'000'000;
constexpr std::int64_t kMostValues = 10'000;  // bounds memory
constexpr std::size_t kFirstParameter = 3;

bool is_text(EventColumn column) noexcept {
  return column == EventColumn::Host || column == EventColumn::Type || column == EventColumn::Rule;
}

/// Rows of the whole hours between ?1 and ?2 that match.
std::string matching(const SqlCondition& condition) {
  return "FROM rollups WHERE hour >= ?1 AND hour < ?2 AND (" + condition.text + ")";
}

std::vector<DbValue> parameters(SqlCondition& condition, Timestamp from, Timestamp to) {
  std::vector<DbValue> values = {to_micros(from) / kHourMicros, to_micros(to) / kHourMicros};
  std::ranges::move(condition.values, std::back_inserter(values));
  return values;
}

/// The values of field number `n`: its number, the value as a text or a number, and how many.
std::string select_values(std::size_t n, const FilterField& field, Dialect dialect) {
  const std::string number = std::to_string(n);
  const std::string column = sql_expression(field, dialect);
  return " UNION ALL SELECT * FROM (SELECT " + number + ", " +
         (is_text(field.column) ? column + ", 0" : "'', " + column) + ", sum(events) AS amount FROM chosen GROUP BY " +
         column + " ORDER BY amount DESC LIMIT " + std::to_string(kMostValues) + ") AS field_" + number;
}

}  // namespace

Result<void> add_rollups(Db& db, const Filter& filter, Timestamp from, Timestamp to,
                         std::span<const FilterField* const> fields, EventCounts& counts) {
  SqlCondition condition = to_sql(filter, kFirstParameter, db.dialect());
  // What a filter leaves is kept for all fields; without one there is nothing to save.
  const bool is_kept = filter.kind != Filter::Kind::All;
  std::string sql = "WITH chosen AS " + std::string{is_kept ? "" : "NOT "} +
                    "MATERIALIZED (SELECT host, module, severity, rule, type, action, events " + matching(condition) +
                    ") SELECT -1, '', 0, sum(events) FROM chosen";
  for (std::size_t n = 0; n < fields.size(); ++n) sql += select_values(n, *fields[n], db.dialect());
  const StmtHandle statement = WD_TRY(db.prepare(sql));
  WD_TRY(statement->bind(parameters(condition, from, to)));
  counts.of.resize(fields.size());
  while (const Row* row = WD_TRY(statement->step())) {
    if (row->is_null(3)) continue;  // sum over nothing
    const std::int64_t n = row->integer(0);
    if (n < 0) {
      counts.total += row->integer(3);
      continue;
    }
    const FilterField& field = *fields[static_cast<std::size_t>(n)];
    const auto value = facet_value(field, row->value(is_text(field.column) ? 1 : 2));
    if (value) counts.of[static_cast<std::size_t>(n)][*value] += row->integer(3);
  }
  return {};
}

Result<void> read_hours(Db& db, const Filter& filter, Timestamp from, Timestamp to,
                        const std::function<void(Timestamp, const SeverityCounts&)>& use) {
  SqlCondition condition = to_sql(filter, kFirstParameter, db.dialect());
  // A column for each severity: in the order of the hours, which is the table's, nothing has to be sorted.
  std::string sql = "SELECT hour";
  for (std::size_t i = 0; i < SeverityCounts{}.size(); ++i)
    sql += ", sum(CASE WHEN severity = " + std::to_string(i) + " THEN events ELSE 0 END)";
  sql += " " + matching(condition) + " GROUP BY hour";
  const StmtHandle statement = WD_TRY(db.prepare(sql));
  WD_TRY(statement->bind(parameters(condition, from, to)));
  while (const Row* row = WD_TRY(statement->step())) {
    SeverityCounts counts{};
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = row->integer(static_cast<int>(i) + 1);
    use(from_micros(row->integer(0) * kHourMicros), counts);
  }
  return {};
}

}  // namespace warder::manager
