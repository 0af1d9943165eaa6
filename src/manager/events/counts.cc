#include <algorithm>
#include <array>
#include <map>

#include "manager/events/event_store.h"
#include "manager/events/facet_value.h"
#include "manager/events/filter_sql.h"
#include "manager/events/tenant_events.h"

namespace warder::manager {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::int64_t kHourMicros = 3'600'000'000;
constexpr std::int64_t kGroupsPerQuery = 10'000;  // bounds memory for fields with a value per event

/// A part of a range, counted in one table: whole hours in the rollups, the rest in the events.
struct Slice {
  bool is_rollup = false;
  Timestamp from;
  Timestamp to;
};

std::vector<Slice> slices(Timestamp from, Timestamp to, bool can_use_rollups) {
  if (from >= to) return {};
  const auto first_hour = Timestamp{std::chrono::ceil<hours>(from)};
  const auto last_hour = Timestamp{std::chrono::floor<hours>(to)};
  if (!can_use_rollups || first_hour >= last_hour) return {{false, from, to}};
  std::vector<Slice> parts;
  if (from < first_hour) parts.push_back({false, from, first_hour});
  parts.push_back({true, first_hour, last_hour});
  if (last_hour < to) parts.push_back({false, last_hour, to});
  return parts;
}

struct Count {
  std::vector<DbValue> group;
  std::int64_t events = 0;
};

struct CountQuery {
  const Filter& filter;
  std::string event_groups;   // expressions over the events table, comma-separated
  std::string rollup_groups;  // the same over the rollups
  int groups = 0;
  const FilterField* field = nullptr;  // instead of event_groups
};

Result<void> count_slice(Db& db, const CountQuery& query, const Slice& slice, std::vector<Count>& counts) {
  SqlCondition condition = to_sql(query.filter, 3, db.dialect());
  std::string groups = slice.is_rollup ? query.rollup_groups : query.event_groups;
  std::string source = "rollups WHERE hour >= ?1 AND hour < ?2 AND (" + condition.text + ")";
  if (!slice.is_rollup) {
    const std::span<const FilterField* const> fields{&query.field, query.field == nullptr ? 0U : 1U};
    const GroupSource events =
        group_source(fields, "time >= ?1 AND time < ?2 AND (" + condition.text + ")", false, db.dialect());
    source = events.from;
    if (query.field != nullptr) groups = events.values.front();
  }
  std::string sql = "SELECT " + (groups.empty() ? "" : groups + ", ");
  sql += (slice.is_rollup ? "sum(events) FROM " : "count(*) FROM ") + source;
  for (int i = 1; i <= query.groups; ++i) sql += (i == 1 ? " GROUP BY " : ", ") + std::to_string(i);
  sql += " ORDER BY " + std::to_string(query.groups + 1) + " DESC LIMIT " + std::to_string(kGroupsPerQuery);
  const std::int64_t unit = slice.is_rollup ? kHourMicros : 1;
  std::vector<DbValue> values = {to_micros(slice.from) / unit, to_micros(slice.to) / unit};
  std::ranges::move(condition.values, std::back_inserter(values));
  const StmtHandle statement = WD_TRY(db.prepare(sql));
  WD_TRY(statement->bind(values));
  while (const Row* row = WD_TRY(statement->step())) {
    if (row->is_null(query.groups)) continue;  // sum over nothing
    Count count;
    for (int i = 0; i < query.groups; ++i) count.group.push_back(row->value(i));
    count.events = row->integer(query.groups);
    counts.push_back(std::move(count));
  }
  return {};
}

/// Counts over all files of the selection; the same group may come several times.
Result<std::vector<Count>> count_events(const EventFiles& files, const EventSelection& selection,
                                        const CountQuery& query, bool can_use_rollups) {
  std::vector<Count> counts;
  for (const EventFileRef& file : files.newest_first(selection.from, selection.to)) {
    const Timestamp from = std::max(selection.from.value_or(Timestamp::min()), file->from);
    const Timestamp to = std::min(selection.to.value_or(Timestamp::max()), file->to);
    auto db = WD_TRY(file->reader->acquire());
    for (const Slice& slice : slices(from, to, can_use_rollups)) WD_TRY(count_slice(*db, query, slice, counts));
  }
  return counts;
}

Result<Facet> count_facet(const EventFiles& files, const EventSelection& selection, const FilterField& field,
                          std::size_t limit) {
  const CountQuery query{selection.filter, "", sql_expression(field, files.dialect()), 1, &field};
  const bool can_use_rollups = is_rollup_field(field) && is_rollup_filter(selection.filter);
  std::map<FilterValue, std::int64_t> totals;
  for (const Count& count : WD_TRY(count_events(files, selection, query, can_use_rollups))) {
    const auto value = facet_value(field, count.group[0]);
    if (value) totals[*value] += count.events;
  }
  Facet facet{std::string{field.key}, {}};
  for (const auto& [value, events] : totals) facet.values.push_back({value, events});
  std::ranges::stable_sort(facet.values, std::ranges::greater{}, &FacetValue::count);
  if (facet.values.size() > limit) facet.values.resize(limit);
  return facet;
}

bool fits(Timestamp from, Timestamp to, seconds interval, std::size_t buckets) {
  const auto first = from.time_since_epoch() / interval;
  const auto last = (to - std::chrono::microseconds{1}).time_since_epoch() / interval;
  return static_cast<std::size_t>(last - first) < buckets;
}

/// The shortest round interval that needs no more than `buckets`; weeks are doubled until it fits.
seconds round_interval(Timestamp from, Timestamp to, std::size_t buckets) {
  constexpr std::array kIntervals = {seconds{1},      seconds{5},      seconds{10},     seconds{30},
                                     seconds{60},     seconds{300},    seconds{600},    seconds{1800},
                                     seconds{3600},   seconds{10'800}, seconds{21'600}, seconds{43'200},
                                     seconds{86'400}, seconds{604'800}};
  for (const seconds interval : kIntervals) {
    if (fits(from, to, interval, buckets)) return interval;
  }
  seconds interval = kIntervals.back();
  while (!fits(from, to, interval, buckets)) interval *= 2;
  return interval;
}

std::string bucket_expression(std::string_view time, seconds interval) {
  return std::string{time} + " / " + std::to_string(std::chrono::microseconds{interval}.count());
}

}  // namespace

Result<Facets> EventStore::facets(const TenantScope& scope, const EventSelection& asked,
                                  std::span<const FilterField* const> fields, std::size_t limit) {
  const TenantEvents& open = *WD_TRY(tenant(scope));
  const EventSelection selection{WD_TRY(within_reach(scope, asked.filter)), asked.from, asked.to};
  Facets facets;
  for (const FilterField* field : fields)
    facets.facets.push_back(WD_TRY(count_facet(*open.files, selection, *field, limit)));
  const CountQuery all{selection.filter, "", "", 0};
  for (const Count& count : WD_TRY(count_events(*open.files, selection, all, is_rollup_filter(selection.filter))))
    facets.total += count.events;
  return facets;
}

Result<EventHistogram> EventStore::histogram(const TenantScope& scope, EventSelection selection, std::size_t buckets) {
  const TenantEvents& open = *WD_TRY(tenant(scope));
  if (!selection.to) selection.to = clock_.now();
  if (!selection.from) selection.from = *selection.to - hours{24};
  if (*selection.from >= *selection.to) return fail(ErrorCode::Invalid, "from: is not before `to`");
  if (*selection.from < Timestamp{}) return fail(ErrorCode::Invalid, "from: is before 1970");
  selection.filter = WD_TRY(within_reach(scope, selection.filter));
  EventHistogram histogram;
  histogram.interval = round_interval(*selection.from, *selection.to, buckets);
  const std::int64_t width = std::chrono::microseconds{histogram.interval}.count();
  const std::int64_t first = to_micros(*selection.from) / width;
  const std::int64_t last = (to_micros(*selection.to) - 1) / width;
  for (std::int64_t bucket = first; bucket <= last; ++bucket)
    histogram.buckets.push_back({from_micros(bucket * width), {}});

  const CountQuery query{selection.filter, bucket_expression("time", histogram.interval) + ", severity",
                         bucket_expression("hour * " + std::to_string(kHourMicros), histogram.interval) + ", severity",
                         2};
  const bool can_use_rollups = histogram.interval >= hours{1} && is_rollup_filter(selection.filter);
  for (const Count& count : WD_TRY(count_events(*open.files, selection, query, can_use_rollups))) {
    const auto bucket = static_cast<std::size_t>(std::get<std::int64_t>(count.group[0]) - first);
    const auto severity = static_cast<Severity>(std::get<std::int64_t>(count.group[1]));
    if (bucket < histogram.buckets.size()) histogram.buckets[bucket].counts[severity] += count.events;
  }
  return histogram;
}

Result<std::map<Severity, std::int64_t>> EventStore::count_by_severity(const TenantScope& scope, Timestamp from) {
  const TenantEvents& open = *WD_TRY(tenant(scope));
  const EventSelection selection{WD_TRY(within_reach(scope, {})), Timestamp{std::chrono::floor<hours>(from)},
                                 std::nullopt};
  const CountQuery query{selection.filter, "severity", "severity", 1};
  std::map<Severity, std::int64_t> counts;
  for (const Count& count : WD_TRY(count_events(*open.files, selection, query, is_rollup_filter(selection.filter))))
    counts[static_cast<Severity>(std::get<std::int64_t>(count.group[0]))] += count.events;
  return counts;
}

}  // namespace warder::manager
