#include "manager/events/retention.h"

#include <algorithm>

#include "base/json.h"
#include "manager/events/type_counts.h"

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::hours;

json::object json_of(const std::map<ModuleKind, days>& modules) {
  json::object object;
  for (const auto& [module, kept] : modules) object[name(module)] = kept.count();
  return object;
}

}  // namespace

days EventRetention::of(ModuleKind module) const {
  const auto own = modules.find(module);
  return own == modules.end() ? longest : std::min(own->second, longest);
}

days EventRetention::shortest() const {
  days found = longest;
  for (const auto& [module, kept] : modules) found = std::min(found, kept);
  return found;
}

std::vector<std::vector<ModuleKind>> EventRetention::groups() const {
  std::map<days, std::vector<ModuleKind>> by_days;
  for (const auto& [module, kept] : modules)
    if (kept < longest) by_days[kept].push_back(module);
  std::vector<std::vector<ModuleKind>> found;
  for (auto& [kept, group] : by_days) found.push_back(std::move(group));
  return found;
}

Timestamp EventLimits::earliest(std::span<const ModuleKind> modules) const {
  Timestamp found = now_;
  for (const ModuleKind module : modules) found = std::min(found, of(module));
  return found;
}

std::vector<ExpiredRows> expired_rows(std::span<const ModuleKind> modules, Timestamp from, Timestamp to,
                                      const EventLimits& limits) {
  const Timestamp whole = limits.earliest(modules);
  std::vector<ExpiredRows> rows;
  for (const ModuleKind module : modules) {
    const Timestamp limit = limits.of(module);
    if (limit > whole && limit > from) rows.push_back({module, from, std::min(limit, to)});
  }
  return rows;
}

Result<std::vector<std::int64_t>> expired_hours(Db& db, const ExpiredRows& rows) {
  const StmtHandle statement = WD_TRY(
      db.prepare("SELECT DISTINCT hour FROM rollups WHERE hour >= ?1 AND hour < ?2 AND module = ?3 ORDER BY hour"));
  const auto hour_of = [](Timestamp time) { return std::chrono::floor<hours>(time).time_since_epoch().count(); };
  WD_TRY(statement->bind(
      {std::int64_t{hour_of(rows.from)}, std::int64_t{hour_of(rows.to)}, static_cast<std::int64_t>(rows.module)}));
  std::vector<std::int64_t> found;
  while (const Row* row = WD_TRY(statement->step())) found.push_back(row->integer(0));
  return found;
}

Result<void> delete_hour(Db& db, ModuleKind module, std::int64_t hour) {
  const auto kind = static_cast<std::int64_t>(module);
  const std::int64_t from = std::chrono::microseconds{hours{hour}}.count();
  const std::int64_t to = std::chrono::microseconds{hours{hour + 1}}.count();
  const std::int64_t slot = std::chrono::microseconds{kCountedSlot}.count();
  Tx transaction = WD_TRY(Tx::begin(db));
  WD_TRY(db.execute("DELETE FROM events WHERE time >= ?1 AND time < ?2 AND module = ?3", {from, to, kind}));
  WD_TRY(db.execute("DELETE FROM rollups WHERE hour = ?1 AND module = ?2", {hour, kind}));
  WD_TRY(db.execute("DELETE FROM type_counts WHERE slot >= ?1 AND slot < ?2 AND module = ?3",
                    {from / slot, to / slot, kind}));
  return transaction.commit();
}

Result<EventRetention> read_retention(Db& config, days longest) {
  EventRetention retention{longest, {}};
  const StmtHandle statement = WD_TRY(config.prepare("SELECT module, days FROM event_retention"));
  WD_TRY(statement->bind(std::span<const DbValue>{}));
  while (const Row* row = WD_TRY(statement->step()))
    retention.modules[static_cast<ModuleKind>(row->integer(0))] = std::min(days{row->integer(1)}, longest);
  return retention;
}

Result<EventRetention> EventRetentions::find(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_retention(*db, longest_);
}

Result<EventRetention> EventRetentions::replace(const TenantScope& scope, const std::map<ModuleKind, days>& modules) {
  for (const auto& [module, kept] : modules) {
    if (kept < days{1} || kept > longest_)
      return fail(ErrorCode::Invalid, "/modules/" + std::string(name(module)) + ": is not within 1 and " +
                                          std::to_string(longest_.count()) + " days");
  }
  auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx transaction = WD_TRY(Tx::begin(*db));
  const EventRetention before = WD_TRY(read_retention(*db, longest_));
  WD_TRY(db->execute("DELETE FROM event_retention"));
  for (const auto& [module, kept] : modules)
    WD_TRY(db->execute("INSERT INTO event_retention (module, days) VALUES (?1, ?2)",
                       {static_cast<std::int64_t>(module), std::int64_t{kept.count()}}));
  AuditRecord record;
  record.action = "events.retention";
  record.object = "events";
  record.detail = {{"before", json_of(before.modules)}, {"after", json_of(modules)}};
  WD_TRY(audit_.append_in(*db, scope, std::move(record)));
  WD_TRY(transaction.commit());
  return EventRetention{longest_, modules};
}

}  // namespace warder::manager
