#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "manager/events/event_store.h"
#include "manager/events/facet_value.h"
#include "manager/events/filter_sql.h"
#include "manager/events/tenant_events.h"

namespace warder::manager {
namespace {

constexpr std::int64_t kGroupsPerFile = 10'000;  // bounds memory for fields with a value per event

using Key = std::vector<std::optional<FilterValue>>;

Result<void> group_file(Db& db, const EventFile& file, const EventSelection& selection,
                        std::span<const FilterField* const> fields, std::map<Key, EventGroup>& groups) {
  SqlCondition condition = to_sql(selection.filter, 3, db.dialect());
  const GroupSource source =
      group_source(fields, "time >= ?1 AND time < ?2 AND (" + condition.text + ")", true, db.dialect());
  std::string sql = "SELECT ";
  for (const std::string& value : source.values) sql += value + ", ";
  sql += "count(*), min(time), max(time), max(severity) FROM " + source.from;
  for (std::size_t i = 1; i <= fields.size(); ++i) sql += (i == 1 ? " GROUP BY " : ", ") + std::to_string(i);
  sql += " ORDER BY " + std::to_string(fields.size() + 1) + " DESC LIMIT " + std::to_string(kGroupsPerFile);
  std::vector<DbValue> values = {to_micros(std::max(selection.from.value_or(Timestamp::min()), file.from)),
                                 to_micros(std::min(selection.to.value_or(Timestamp::max()), file.to))};
  std::ranges::move(condition.values, std::back_inserter(values));
  const StmtHandle statement = WD_TRY(db.prepare(sql));
  WD_TRY(statement->bind(values));
  const int count = static_cast<int>(fields.size());
  while (const Row* row = WD_TRY(statement->step())) {
    Key key;
    for (int i = 0; i < count; ++i) key.push_back(facet_value(*fields[static_cast<std::size_t>(i)], row->value(i)));
    const Timestamp first = from_micros(row->integer(count + 1));
    const Timestamp last = from_micros(row->integer(count + 2));
    const auto severity = static_cast<Severity>(row->integer(count + 3));
    auto [found, is_new] = groups.try_emplace(std::move(key), EventGroup{{}, 0, first, last, severity});
    EventGroup& group = found->second;
    group.count += row->integer(count);
    group.first = std::min(group.first, first);
    group.last = std::max(group.last, last);
    group.highest = std::max(group.highest, severity);
  }
  return {};
}

bool comes_before(const EventGroup& a, const EventGroup& b, GroupOrder order) {
  switch (order) {
    case GroupOrder::Count:
      return std::tie(b.count, b.last) < std::tie(a.count, a.last);
    case GroupOrder::Last:
      return std::tie(b.last, b.count) < std::tie(a.last, a.count);
    case GroupOrder::Severity:
      return std::tie(b.highest, b.count, b.last) < std::tie(a.highest, a.count, a.last);
  }
  return false;
}

}  // namespace

Result<EventGroups> EventStore::groups(const TenantScope& scope, const EventSelection& asked,
                                       std::span<const FilterField* const> fields, const GroupQuery& query) {
  const TenantEvents& open = *WD_TRY(tenant(scope));
  const EventSelection selection{WD_TRY(within_reach(scope, asked.filter)), asked.from, asked.to};
  std::map<Key, EventGroup> found;
  for (const EventFileRef& file : open.files->newest_first(selection.from, selection.to)) {
    auto db = WD_TRY(file->reader->acquire());
    WD_TRY(group_file(*db, *file, selection, fields, found));
  }
  EventGroups answer;
  answer.total = static_cast<std::int64_t>(found.size());
  for (auto& [key, group] : found) {
    group.values = key;
    answer.groups.push_back(std::move(group));
  }
  std::ranges::stable_sort(answer.groups,
                           [&](const auto& a, const auto& b) { return comes_before(a, b, query.order); });
  if (answer.groups.size() > query.limit) answer.groups.resize(query.limit);
  return answer;
}

}  // namespace warder::manager
