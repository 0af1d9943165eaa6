// What the review does by itself.
#include <algorithm>

#include "base/json.h"
#include "manager/events/own_event.h"
#include "manager/identity/rows.h"
#include "manager/review/review_rows.h"

namespace warder::manager {
namespace {

constexpr std::chrono::days kMostBegunAtOnce{400};

std::int64_t hours_of(Timestamp from, Timestamp to) {
  return std::chrono::ceil<std::chrono::hours>(to - from).count();
}

/// What the manager did itself: its events, and the entries of its audit log.
void add_audit(DaySummary& summary, const AuditActivity& activity) {
  summary.events += activity.entries;
  summary.failed_logins += activity.refused_logins;
}

Result<std::vector<DaySummary>> days_before(Db& db, Day day, const std::string& system) {
  return read_rows(db,
                   "SELECT summary FROM review_systems WHERE system = ?1 AND day < ?2 AND result IS NOT NULL "
                   "AND events > 0 ORDER BY day DESC LIMIT ?3",
                   {system, to_text(day), static_cast<std::int64_t>(kComparedDays)},
                   [](const Row& row) -> Result<DaySummary> { return read_summary(WD_TRY(parse_json(row.text(0)))); });
}

Result<void> write_triage(Db& db, Day day, const std::string& system, const DaySummary& summary) {
  const Triage found = triage(summary, WD_TRY(days_before(db, day, system)));
  WD_TRY(
      db.execute("INSERT INTO review_systems (day, system, name, result, events, summary, findings) "
                 "VALUES (?1, ?2, '', ?3, ?4, ?5, ?6) ON CONFLICT (day, system) DO UPDATE SET "
                 "result = excluded.result, events = excluded.events, summary = excluded.summary, "
                 "findings = excluded.findings",
                 {to_text(day), system, static_cast<std::int64_t>(found.result), summary.events,
                  json::serialize(to_json(summary)), json::serialize(to_json(found.findings))}));
  return {};
}

/// The same for the same day, whoever makes it and how often: the event store takes it once.
Event missed_event(const TenantId& tenant, const std::string& day, Timestamp deadline) {
  Event event = make_own_event(deadline, "review.missed", Severity::High);
  event.id = repeatable_id(deadline, "review.missed " + tenant.text() + " " + day);
  event.action = Action::Failed;
  event.set("review.day", day);
  return event;
}

}  // namespace

Result<void> Reviews::begin_days(const TenantScope& scope, Timestamp now) {
  const Calendar calendar = WD_TRY(tenant_calendar(tenants_, scope));
  const ReviewSettings settings = WD_TRY(this->settings(scope));
  auto last = WD_TRY(rows(scope, "ORDER BY day DESC LIMIT 1", {}));
  Day next = last.empty() ? calendar.day_of(now) : last.front().day + std::chrono::days(1);
  Timestamp from = last.empty() ? calendar.start_of(next) : last.front().to;
  auto db = WD_TRY(tenants_.config(scope).acquire());
  for (auto begun = std::chrono::days(0); from <= now && begun < kMostBegunAtOnce;
       ++begun, next += std::chrono::days(1)) {
    const Timestamp to = calendar.start_of(next + std::chrono::days(1));
    if (to <= from) continue;  // the zone was moved, or left the day out
    WD_TRY(
        db->execute("INSERT INTO review_days (day, zone, from_time, to_time, deadline, events) "
                    "VALUES (?1, ?2, ?3, ?4, ?5, 0) ON CONFLICT (day) DO NOTHING",
                    {to_text(next), calendar.zone(), to_micros(from), to_micros(to),
                     to_micros(to + std::chrono::hours(settings.deadline_hours))}));
    from = to;
  }
  return {};
}

Result<void> Reviews::note_roster(const TenantScope& scope, const DayRow& day, const std::vector<RosterEntry>& roster) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const auto known = WD_TRY(read_rows(*db, "SELECT system FROM review_systems WHERE day = ?1", {to_text(day.day)},
                                      [](const Row& row) -> Result<std::string> { return row.text(0); }));
  const std::set<std::string> there(known.begin(), known.end());
  const auto add = [&](const std::string& system, const std::string& name) -> Result<void> {
    if (there.contains(system)) return {};
    WD_TRY(
        db->execute("INSERT INTO review_systems (day, system, name, events, summary, findings) "
                    "VALUES (?1, ?2, ?3, 0, '{}', '[]') ON CONFLICT (day, system) DO NOTHING",
                    {to_text(day.day), system, name}));
    return {};
  };
  WD_TRY(add(std::string(kManagerSystem), std::string(kManagerSystem)));
  for (const RosterEntry& each : roster)
    if (each.enrolled < day.to) WD_TRY(add(each.id.text(), each.name));
  return tx.commit();
}

Result<void> Reviews::triage_day(const TenantScope& scope, const DayRow& day) {
  std::map<std::string, DaySum> sums;
  std::int64_t events = 0;
  const std::int64_t hours = hours_of(day.from, day.to);
  WD_TRY(events_.type_counts(scope, day.from, day.to, [&](const TypeCount& count) {
    const std::string system = count.agent ? count.agent->text() : std::string(kManagerSystem);
    sums.try_emplace(system, hours).first->second.add(count);
    events += count.events;
  }));
  const AuditActivity activity = WD_TRY(audit_.activity(scope, day.from, day.to));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  for (const std::string& system :
       WD_TRY(read_rows(*db, "SELECT system FROM review_systems WHERE day = ?1", {to_text(day.day)},
                        [](const Row& row) -> Result<std::string> { return row.text(0); })))
    sums.try_emplace(system, hours);
  for (const auto& [system, sum] : sums) {
    DaySummary summary = sum.summary();
    if (system == kManagerSystem) add_audit(summary, activity);
    WD_TRY(write_triage(*db, day.day, system, summary));
  }
  WD_TRY(db->execute("UPDATE review_days SET triaged = ?2, events = ?3 WHERE day = ?1",
                     {to_text(day.day), to_micros(clock_.now()), events}));
  return tx.commit();
}

Result<void> Reviews::tell_missed(const TenantScope& scope, Timestamp now) {
  for (const DayRow& row : WD_TRY(rows(scope, "WHERE missed_told IS NULL AND deadline <= ?1", {to_micros(now)}))) {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    const DayStanding standing = standing_of(WD_TRY(records_of(*db, row)), now);
    // Signed in time: nothing to tell, and nothing that could come later.
    const bool was_missed = !standing.completed || *standing.completed > row.deadline;
    if (was_missed) WD_TRY(events_.record(scope, missed_event(scope.tenant(), to_text(row.day), row.deadline)));
    WD_TRY(db->execute("UPDATE review_days SET missed_told = ?2 WHERE day = ?1",
                       {to_text(row.day), was_missed ? to_micros(now) : std::int64_t{0}}));
  }
  return {};
}

Result<void> Reviews::keep_up(const TenantScope& scope) {
  const Timestamp now = clock_.now();
  WD_TRY(begin_days(scope, now));
  const auto roster = WD_TRY(roster_(scope));
  for (const DayRow& day : WD_TRY(rows(scope, "WHERE triaged IS NULL ORDER BY day", {}))) {
    WD_TRY(note_roster(scope, day, roster));
    if (day.to <= now) WD_TRY(triage_day(scope, day));
  }
  for (const DayRow& day : WD_TRY(
           rows(scope, "WHERE triaged IS NOT NULL AND to_time > ?1 ORDER BY day", {to_micros(now - kRecountedDays)}))) {
    if (WD_TRY(events_.counted_events(scope, day.from, day.to)) != day.events) WD_TRY(triage_day(scope, day));
  }
  return tell_missed(scope, now);
}

}  // namespace warder::manager
