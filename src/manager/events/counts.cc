#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "manager/events/event_store.h"
#include "manager/events/facet_value.h"
#include "manager/events/filter_sql.h"
#include "manager/events/rollups.h"
#include "manager/events/tenant_events.h"

namespace warder::manager {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::size_t kFirstParameter = 3;
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

/// Goes through all files of the selection, slice by slice.
Result<void> for_each_slice(const EventFiles& files, const EventSelection& selection, bool can_use_rollups,
                            const std::function<Result<void>(Db&, const Slice&)>& use) {
  for (const EventFileRef& file : files.newest_first(selection.from, selection.to)) {
    const Timestamp from = std::max(selection.from.value_or(Timestamp::min()), file->from);
    const Timestamp to = std::min(selection.to.value_or(Timestamp::max()), file->to);
    auto db = WD_TRY(file->reader->acquire());
    for (const Slice& slice : slices(from, to, can_use_rollups)) WD_TRY(use(*db, slice));
  }
  return {};
}

/// Counts in the table of events, by `groups` expressions over it; `use` gets the row of each group: its values, then
/// how many.
Result<void> count_rows(Db& db, const std::string& source, const std::string& expressions, int groups,
                        const SqlCondition& condition, const Slice& slice, const std::function<void(const Row&)>& use) {
  std::string sql = "SELECT " + (expressions.empty() ? "" : expressions + ", ") + "count(*) FROM " + source;
  for (int i = 1; i <= groups; ++i) sql += (i == 1 ? " GROUP BY " : ", ") + std::to_string(i);
  sql += " ORDER BY " + std::to_string(groups + 1) + " DESC LIMIT " + std::to_string(kGroupsPerQuery);
  std::vector<DbValue> values = {to_micros(slice.from), to_micros(slice.to)};
  std::ranges::copy(condition.values, std::back_inserter(values));
  const StmtHandle statement = WD_TRY(db.prepare(sql));
  WD_TRY(statement->bind(values));
  while (const Row* row = WD_TRY(statement->step())) use(*row);
  return {};
}

std::string within(const SqlCondition& condition) {
  return "time >= ?1 AND time < ?2 AND (" + condition.text + ")";
}

/// By expressions over the table of events.
Result<void> count_slice(Db& db, const Filter& filter, const std::string& expressions, int groups, const Slice& slice,
                         const std::function<void(const Row&)>& use) {
  const SqlCondition condition = to_sql(filter, kFirstParameter, db.dialect());
  return count_rows(db, "events WHERE " + within(condition), expressions, groups, condition, slice, use);
}

/// By the values of a field, of which an event may have several.
Result<void> count_values(Db& db, const Filter& filter, const FilterField& field, const Slice& slice,
                          ValueCounts& counts) {
  const SqlCondition condition = to_sql(filter, kFirstParameter, db.dialect());
  const std::array<const FilterField*, 1> fields = {&field};
  const GroupSource source = group_source(fields, within(condition), false, db.dialect());
  return count_rows(db, source.from, source.values.front(), 1, condition, slice, [&](const Row& row) {
    const auto value = facet_value(field, row.value(0));
    if (value) counts[*value] += row.integer(1);
  });
}

/// Of fields that are all counted in the rollups, or all not.
Result<EventCounts> count_fields(const EventFiles& files, const EventSelection& selection,
                                 std::span<const FilterField* const> fields, bool can_use_rollups) {
  EventCounts counts;
  counts.of.resize(fields.size());
  WD_TRY(for_each_slice(files, selection, can_use_rollups, [&](Db& db, const Slice& slice) -> Result<void> {
    if (slice.is_rollup) return add_rollups(db, selection.filter, slice.from, slice.to, fields, counts);
    for (std::size_t i = 0; i < fields.size(); ++i)
      WD_TRY(count_values(db, selection.filter, *fields[i], slice, counts.of[i]));
    return count_slice(db, selection.filter, "", 0, slice, [&](const Row& row) { counts.total += row.integer(0); });
  }));
  return counts;
}

Facet most_frequent(const FilterField& field, const ValueCounts& counts, std::size_t limit) {
  Facet facet{std::string{field.key}, {}};
  for (const auto& [value, events] : counts) facet.values.push_back({value, events});
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

}  // namespace

Result<Facets> EventStore::facets(const TenantScope& scope, const EventSelection& asked,
                                  std::span<const FilterField* const> fields, std::size_t limit) {
  const TenantEvents& open = *WD_TRY(tenant(scope));
  const EventSelection selection{WD_TRY(within_reach(scope, asked.filter)), asked.from, asked.to};
  // What the rollups keep is counted together; a field that they lack is counted in the events.
  const bool can_use_rollups = is_rollup_filter(selection.filter);
  std::vector<const FilterField*> counted;
  for (const FilterField* field : fields)
    if (!can_use_rollups || is_rollup_field(*field)) counted.push_back(field);
  const EventCounts counts = WD_TRY(count_fields(*open.files, selection, counted, can_use_rollups));
  Facets facets;
  facets.total = counts.total;
  std::size_t next = 0;
  for (const FilterField* field : fields) {
    if (next < counted.size() && counted[next] == field) {
      facets.facets.push_back(most_frequent(*field, counts.of[next++], limit));
      continue;
    }
    ValueCounts values;
    WD_TRY(for_each_slice(*open.files, selection, false, [&](Db& db, const Slice& slice) {
      return count_values(db, selection.filter, *field, slice, values);
    }));
    facets.facets.push_back(most_frequent(*field, values, limit));
  }
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

  const auto add = [&](std::int64_t bucket, Severity severity, std::int64_t events) {
    const auto place = static_cast<std::size_t>(bucket - first);
    if (place < histogram.buckets.size() && events > 0) histogram.buckets[place].counts[severity] += events;
  };
  const bool can_use_rollups = histogram.interval >= hours{1} && is_rollup_filter(selection.filter);
  const std::string groups = "time / " + std::to_string(width) + ", severity";
  WD_TRY(for_each_slice(*open.files, selection, can_use_rollups, [&](Db& db, const Slice& slice) {
    if (!slice.is_rollup)
      return count_slice(db, selection.filter, groups, 2, slice, [&](const Row& row) {
        add(row.integer(0), static_cast<Severity>(row.integer(1)), row.integer(2));
      });
    return read_hours(db, selection.filter, slice.from, slice.to, [&](Timestamp hour, const SeverityCounts& counts) {
      for (std::size_t i = 0; i < counts.size(); ++i) add(to_micros(hour) / width, static_cast<Severity>(i), counts[i]);
    });
  }));
  return histogram;
}

Result<std::map<Severity, std::int64_t>> EventStore::count_by_severity(const TenantScope& scope, Timestamp from) {
  const TenantEvents& open = *WD_TRY(tenant(scope));
  const EventSelection selection{WD_TRY(within_reach(scope, {})), Timestamp{std::chrono::floor<hours>(from)},
                                 std::nullopt};
  std::map<Severity, std::int64_t> counts;
  const bool can_use_rollups = is_rollup_filter(selection.filter);
  WD_TRY(for_each_slice(*open.files, selection, can_use_rollups, [&](Db& db, const Slice& slice) {
    if (!slice.is_rollup)
      return count_slice(db, selection.filter, "severity", 1, slice,
                         [&](const Row& row) { counts[static_cast<Severity>(row.integer(0))] += row.integer(1); });
    return read_hours(db, selection.filter, slice.from, slice.to, [&](Timestamp, const SeverityCounts& hour) {
      for (std::size_t i = 0; i < hour.size(); ++i)
        if (hour[i] > 0) counts[static_cast<Severity>(i)] += hour[i];
    });
  }));
  return counts;
}

}  // namespace warder::manager
