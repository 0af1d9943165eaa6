#include "manager/review/reviews.h"

#include "base/json.h"
#include "base/text.h"
#include "manager/identity/rows.h"
#include "manager/review/review_rows.h"

namespace warder::manager {
namespace {

/// "<result>|<system>": the place in a day's list.
Result<std::pair<std::int64_t, std::string>> place_of(std::string_view cursor) {
  if (cursor.empty()) return std::pair{std::int64_t{3}, std::string()};
  const std::string key = WD_TRY(key_of_cursor(cursor));
  const std::size_t bar = key.find('|');
  const auto result = parse_integer<std::int64_t>(std::string_view(key).substr(0, bar));
  if (bar == std::string::npos || !result) return fail(ErrorCode::Invalid, "cursor: not one of this list");
  return std::pair{*result, key.substr(bar + 1)};
}

Result<SystemReview> read_system(const Row& row) {
  SystemReview system;
  system.system = row.text(0);
  system.name = row.text(1);
  if (!row.is_null(2)) system.result = static_cast<TriageResult>(row.integer(2));
  system.summary = WD_TRY(read_summary(WD_TRY(parse_json(row.text(3)))));
  const json::value findings = WD_TRY(parse_json(row.text(4)));
  if (findings.is_array()) system.findings = findings.get_array();
  if (!row.is_null(5)) system.covered_events = row.integer(5);
  system.judgement = row.is_null(6) ? std::string() : row.text(6);
  return system;
}

}  // namespace

Result<ReviewSettings> Reviews::settings(const TenantScope& scope) {
  ReviewSettings settings;
  settings.time_zone = WD_TRY(tenant_calendar(tenants_, scope)).zone();
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto hours = WD_TRY(read_row(*db, "SELECT deadline_hours FROM review_settings", {},
                                     [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
  settings.deadline_hours = hours.value_or(settings.deadline_hours);
  return settings;
}

Result<ReviewSettings> Reviews::change_settings(const TenantScope& scope, const ReviewSettings& settings) {
  if (settings.deadline_hours < 1 || settings.deadline_hours > kMaxDeadlineHours)
    return fail(ErrorCode::Invalid, "/deadline_hours: is not in 1.." + std::to_string(kMaxDeadlineHours));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(set_tenant_zone(*db, settings.time_zone).in("/time_zone"));
  WD_TRY(
      db->execute("INSERT INTO review_settings (one, deadline_hours) VALUES (1, ?1) "
                  "ON CONFLICT (one) DO UPDATE SET deadline_hours = excluded.deadline_hours",
                  {settings.deadline_hours}));
  AuditRecord record;
  record.action = "review.settings";
  record.object = "review:settings";
  record.detail = {{"time_zone", settings.time_zone}, {"deadline_hours", settings.deadline_hours}};
  WD_TRY(audit_.append_in(*db, scope, std::move(record)));
  WD_TRY(tx.commit());
  return settings;
}

Result<std::vector<Reviews::DayRow>> Reviews::rows(const TenantScope& scope, std::string_view condition,
                                                   std::initializer_list<DbValue> values) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto read = [](const Row& row) -> Result<DayRow> {
    constexpr int kTriaged = 5;
    return DayRow{WD_TRY(parse_day(row.text(0))), row.text(1),
                  from_micros(row.integer(2)),    from_micros(row.integer(3)),
                  from_micros(row.integer(4)),    optional_time_at(row, kTriaged),
                  row.integer(kTriaged + 1)};
  };
  return read_rows(*db, "SELECT " + std::string(kDayColumns) + " FROM review_days " + std::string(condition), values,
                   read);
}

Result<DayRecords> Reviews::records_of(Db& db, const DayRow& row) {
  DayRecords records{row.to, row.deadline, row.triaged.has_value(), {}, {}};
  // What standing_of looks at: of each system the first look and the one that saw the most.
  const StmtHandle statement = WD_TRY(db.prepare(
      "SELECT s.system, s.result, s.events, min(c.time), max(c.events) FROM review_systems s LEFT JOIN review_covered "
      "c ON c.day = s.day AND c.system = s.system WHERE s.day = ?1 AND s.result IS NOT NULL "
      "GROUP BY s.system, s.result, s.events"));
  WD_TRY(statement->bind({to_text(row.day)}));
  while (const Row* found = WD_TRY(statement->step())) {
    const std::string system = found->text(0);
    records.systems[system] = {static_cast<TriageResult>(found->integer(1)), found->integer(2)};
    if (!found->is_null(3)) records.covered.push_back({system, found->integer(4), from_micros(found->integer(3))});
  }
  return records;
}

Result<ReviewDay> Reviews::day_of(Db& db, const DayRow& row) const {
  ReviewDay day;
  day.day = row.day;
  day.zone = row.zone;
  day.from = row.from;
  day.to = row.to;
  day.deadline = row.deadline;
  day.triaged = row.triaged;
  day.events = row.events;
  const DayRecords records = WD_TRY(records_of(db, row));
  for (const auto& [system, triaged] : records.systems) ++day.results[triaged.result];
  day.systems = static_cast<std::int64_t>(records.systems.size());
  day.standing = standing_of(records, clock_.now());
  return day;
}

Result<Page<ReviewDay>> Reviews::list(const TenantScope& scope, const PageRequest& page) {
  const std::string before = page.cursor.empty() ? "9999" : WD_TRY(key_of_cursor(page.cursor));
  const auto found = WD_TRY(
      rows(scope, "WHERE day < ?1 ORDER BY day DESC LIMIT ?2", {before, static_cast<std::int64_t>(page.limit) + 1}));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  Page<ReviewDay> days;
  for (const DayRow& row : found) {
    if (days.items.size() == page.limit) {
      days.next_cursor = cursor_of(to_text(days.items.back().day));
      break;
    }
    days.items.push_back(WD_TRY(day_of(*db, row)));
  }
  return days;
}

Result<ReviewDay> Reviews::find(const TenantScope& scope, Day day) {
  const auto found = WD_TRY(rows(scope, "WHERE day = ?1", {to_text(day)}));
  if (found.empty()) return fail(ErrorCode::NotFound, "this day is not reviewed");
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return day_of(*db, found.front());
}

Result<Page<SystemReview>> Reviews::systems(const TenantScope& scope, Day day, std::optional<TriageResult> result,
                                            const PageRequest& page) {
  WD_TRY(find(scope, day));
  const auto [after_result, after_system] = WD_TRY(place_of(page.cursor));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  // While the day runs there is no result; its systems stand as quiet ones in the order.
  auto items = WD_TRY(read_rows(
      *db,
      "SELECT s.system, s.name, s.result, s.summary, s.findings, (SELECT max(c.events) FROM review_covered c WHERE "
      "c.day = s.day AND c.system = s.system), (SELECT c.judgement FROM review_covered c WHERE c.day = s.day AND "
      "c.system = s.system ORDER BY c.time DESC, c.sign_off DESC LIMIT 1) FROM review_systems s WHERE s.day = ?1 AND "
      "(?2 < 0 OR COALESCE(s.result, 0) = ?2) AND (COALESCE(s.result, 0) < ?3 OR (COALESCE(s.result, 0) = ?3 AND "
      "s.system > ?4)) ORDER BY COALESCE(s.result, 0) DESC, s.system LIMIT ?5",
      {to_text(day), result ? static_cast<std::int64_t>(*result) : std::int64_t{-1}, after_result, after_system,
       static_cast<std::int64_t>(page.limit) + 1},
      read_system));
  Page<SystemReview> found;
  if (items.size() > page.limit) {
    items.resize(page.limit);
    const auto last = static_cast<std::int64_t>(items.back().result.value_or(TriageResult::Quiet));
    found.next_cursor = cursor_of(std::to_string(last) + "|" + items.back().system);
  }
  found.items = std::move(items);
  return found;
}

Result<std::vector<SignOff>> Reviews::sign_offs(const TenantScope& scope, Day day) {
  const ReviewDay reviewed = WD_TRY(find(scope, day));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto read = [&reviewed](const Row& row) -> Result<SignOff> {
    SignOff sign_off;
    sign_off.id = row.text(0);
    sign_off.by = row.text(1);
    sign_off.at = from_micros(row.integer(2));
    sign_off.note = row.text(3);
    sign_off.is_whole_day = row.integer(4) != 0;
    sign_off.systems = row.integer(5);
    sign_off.is_late = sign_off.at > reviewed.deadline;
    return sign_off;
  };
  return read_rows(*db,
                   "SELECT o.id, o.actor, o.time, o.note, o.whole_day, (SELECT count(*) FROM review_covered c WHERE "
                   "c.sign_off = o.id) FROM review_sign_offs o WHERE o.day = ?1 ORDER BY o.time, o.id",
                   {to_text(day)}, read);
}

}  // namespace warder::manager
