#include "manager/alerts/alerts.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "manager/identity/rows.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxCommentBytes = 10'000;
/// A hold that seems to last so many times longer is of a clock that was set back since.
constexpr int kNoHoldIsSoLong = 10;
constexpr std::string_view kColumns =
    "id, rule, grp, severity, state, opened, last_seen, resolved, resolved_by, count, value, fire_at, events, "
    "acknowledged_by, acknowledged, is_told, told, calls, members, is_grown";

std::string strings_to_json(const std::vector<std::string>& list) {
  json::array array;
  for (const std::string& each : list) array.emplace_back(each);
  return json::serialize(array);
}

Result<std::vector<std::string>> strings_from_json(std::string_view text) {
  const json::value value = WD_TRY(parse_json(text).in("alert"));
  if (!value.is_array()) return fail(ErrorCode::Corrupt, "alert");
  std::vector<std::string> list;
  for (const json::value& each : value.get_array()) {
    if (!each.is_string()) return fail(ErrorCode::Corrupt, "alert");
    list.emplace_back(each.get_string());
  }
  return list;
}

std::string channels_to_json(const std::vector<NoticeChannelId>& channels) {
  std::vector<std::string> ids;
  for (const NoticeChannelId& each : channels) ids.push_back(each.text());
  return strings_to_json(ids);
}

std::string calls_to_json(const std::vector<AlertCall>& calls) {
  json::array array;
  for (const AlertCall& each : calls) {
    json::object call{{"rota", each.rota.text()}, {"level", static_cast<std::int64_t>(each.level)}};
    if (each.escalates) call["escalates"] = to_micros(*each.escalates);
    array.emplace_back(std::move(call));
  }
  return json::serialize(array);
}

Result<std::vector<AlertCall>> calls_from_json(std::string_view text) {
  const json::value value = WD_TRY(parse_json(text).in("alert"));
  if (!value.is_array()) return fail(ErrorCode::Corrupt, "alert");
  std::vector<AlertCall> calls;
  for (const json::value& each : value.get_array()) {
    if (!each.is_object()) return fail(ErrorCode::Corrupt, "alert");
    const json::object& object = each.get_object();
    AlertCall call;
    call.rota = WD_TRY(parse_id<RotaId>(WD_TRY(get_string(object, "rota"))));
    call.level = static_cast<std::size_t>(WD_TRY(get_int(object, "level")));
    if (object.contains("escalates")) call.escalates = from_micros(WD_TRY(get_int(object, "escalates")));
    calls.push_back(call);
  }
  return calls;
}

Result<Alert> read_alert(const Row& row) {
  Alert alert;
  alert.id = WD_TRY(parse_id<AlertId>(row.text(0)));
  alert.rule = row.text(1);
  alert.group = WD_TRY(group_from_json(row.text(2)));
  alert.severity = static_cast<Severity>(row.integer(3));
  alert.state = static_cast<AlertState>(row.integer(4));
  alert.opened = from_micros(row.integer(5));
  alert.last = from_micros(row.integer(6));
  alert.resolved = optional_time_at(row, 7);
  alert.resolved_by = row.text(8);
  alert.count = row.integer(9);
  alert.value = row.integer(10);
  alert.fire_at = row.integer(11);
  alert.events = WD_TRY(strings_from_json(row.text(12)));
  alert.acknowledged_by = row.text(13);
  alert.acknowledged = optional_time_at(row, 14);
  alert.is_told = row.integer(15) != 0;
  for (const std::string& each : WD_TRY(strings_from_json(row.text(16))))
    alert.told.push_back(WD_TRY(parse_id<NoticeChannelId>(each)));
  alert.calls = WD_TRY(calls_from_json(row.text(17)));
  alert.members = WD_TRY(strings_from_json(row.text(18)));
  alert.is_grown = row.integer(19) != 0;
  return alert;
}

std::string select_alerts(std::string_view rest) {
  return "SELECT " + std::string(kColumns) + " FROM alerts " + std::string(rest);
}

Result<AlertMemory> read_memory(const Row& row) {
  AlertMemory memory;
  memory.rule = row.text(0);
  memory.group = WD_TRY(group_from_json(row.text(1)));
  memory.condition.phase = static_cast<Condition::Phase>(row.integer(2));
  memory.condition.since = from_micros(row.integer(3));
  memory.window = EventWindow(std::chrono::seconds(row.integer(4)));
  WD_TRY(memory.window.read(row.text(5)));
  memory.count = row.integer(6);
  memory.events = WD_TRY(strings_from_json(row.text(7)));
  if (!row.is_null(8)) memory.alert = WD_TRY(parse_id<AlertId>(row.text(8)));
  for (std::string& each : WD_TRY(strings_from_json(row.text(9)))) memory.members.insert(std::move(each));
  return memory;
}

Result<std::int64_t> read_number(const Row& row) {
  return row.integer(0);
}

/// Whoever evaluates sees that something has changed, before it writes anything.
Result<void> bump(Db& db) {
  WD_TRY(db.execute("UPDATE alert_place SET generation = generation + 1 WHERE one = 1"));
  return {};
}

}  // namespace

Result<AlertPage> Alerts::list(const TenantScope& scope, const AlertQuery& query) {
  const std::string before = query.cursor.empty() ? "~" : WD_TRY(key_of_cursor(query.cursor));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  AlertPage page;
  page.items = WD_TRY(read_rows(
      *db,
      select_alerts("WHERE id < ?1 AND (?2 < 0 OR state = ?2) AND (?3 = 0 OR state <> 3) AND (?4 = '' OR rule = ?4) "
                    "AND severity >= ?5 ORDER BY id DESC LIMIT ?6"),
      {before, query.state ? static_cast<std::int64_t>(*query.state) : std::int64_t{-1},
       std::int64_t{query.is_active_only}, query.rule, static_cast<std::int64_t>(query.least.value_or(Severity::Info)),
       static_cast<std::int64_t>(query.limit + 1)},
      read_alert));
  if (page.items.size() > query.limit) {
    page.items.pop_back();
    page.next_cursor = cursor_of(page.items.back().id.text());
  }
  return page;
}

Result<Alert> Alerts::find_in(Db& db, const AlertId& id) const {
  auto found = WD_TRY(read_row(db, select_alerts("WHERE id = ?1"), {id.text()}, read_alert));
  if (!found) return fail(ErrorCode::NotFound, "no such alert");
  return std::move(*found);
}

Result<Alert> Alerts::find(const TenantScope& scope, const AlertId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return find_in(*db, id);
}

Result<std::vector<AlertComment>> Alerts::comments(const TenantScope& scope, const AlertId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(find_in(*db, id));
  return read_rows(*db, "SELECT id, time, author, text FROM alert_comments WHERE alert = ?1 ORDER BY id", {id.text()},
                   [](const Row& row) -> Result<AlertComment> {
                     return AlertComment{WD_TRY(parse_id<AlertCommentId>(row.text(0))), from_micros(row.integer(1)),
                                         row.text(2), row.text(3)};
                   });
}

Result<AlertComment> Alerts::comment(const TenantScope& scope, const AlertId& id, std::string_view text) {
  if (trim(text).empty()) return fail(ErrorCode::Invalid, "/text: is empty");
  if (text.size() > kMaxCommentBytes) return fail(ErrorCode::TooLarge, "/text: is too long");
  AlertComment made{make_id<AlertCommentId>(clock_.now()), clock_.now(), scope.actor(), std::string(text)};
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const Alert alert = WD_TRY(find_in(*db, id));
  const auto count =
      WD_TRY(read_row(*db, "SELECT COUNT(*) FROM alert_comments WHERE alert = ?1", {id.text()}, read_number));
  if (*count >= static_cast<std::int64_t>(kMaxComments))
    return fail(ErrorCode::Conflict, "there are too many comments");
  WD_TRY(db->execute("INSERT INTO alert_comments (id, alert, time, author, text) VALUES (?1, ?2, ?3, ?4, ?5)",
                     {made.id.text(), id.text(), to_micros(made.time), made.by, made.text}));
  WD_TRY(record(*db, scope, "alert.comment", alert));
  WD_TRY(tx.commit());
  return made;
}

Result<Alert> Alerts::acknowledge(const TenantScope& scope, const AlertId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  Alert alert = WD_TRY(find_in(*db, id));
  if (!alert.is_active()) return fail(ErrorCode::Conflict, "the alert is resolved");
  if (alert.acknowledged) return alert;
  alert.state = AlertState::Acknowledged;
  alert.acknowledged_by = scope.actor();
  alert.acknowledged = clock_.now();
  alert.end_calls();
  WD_TRY(write(*db, alert));
  WD_TRY(bump(*db));
  WD_TRY(put_event(*db, "alert.acknowledged", id));
  WD_TRY(record(*db, scope, "alert.acknowledge", alert));
  WD_TRY(tx.commit());
  return alert;
}

Result<Alert> Alerts::resolve(const TenantScope& scope, const AlertId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  Alert alert = WD_TRY(find_in(*db, id));
  if (!alert.is_active()) return fail(ErrorCode::Conflict, "the alert is resolved");
  alert.state = AlertState::Resolved;
  alert.resolved = clock_.now();
  alert.resolved_by = scope.actor();
  alert.end_calls();
  WD_TRY(write(*db, alert));
  WD_TRY(db->execute("DELETE FROM alert_memories WHERE memory_key = ?1", {active_key(alert.rule, alert.group)}));
  WD_TRY(bump(*db));
  WD_TRY(put_event(*db, "alert.resolved", id));
  WD_TRY(record(*db, scope, "alert.resolve", alert));
  WD_TRY(tx.commit());
  return alert;
}

Result<std::optional<AlertPlace>> Alerts::hold(const TenantScope& scope, std::string_view holder,
                                               const OutboxPlace& begin) {
  const Timestamp now = clock_.now();
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(
      db->execute("INSERT INTO alert_place (one, place, generation, holder, held_until) VALUES (1, ?1, 0, '', 0) "
                  "ON CONFLICT (one) DO NOTHING",
                  {begin.text()}));
  const auto held = WD_TRY(db->execute(
      "UPDATE alert_place SET holder = ?1, held_until = ?2 WHERE one = 1 AND (holder = ?1 OR held_until < ?3 OR "
      "held_until > ?4)",
      {std::string(holder), to_micros(now + kHold), to_micros(now), to_micros(now + kHold * kNoHoldIsSoLong)}));
  const auto read = [](const Row& row) -> Result<AlertPlace> {
    return AlertPlace{WD_TRY(OutboxPlace::parse(row.text(0))), row.integer(1)};
  };
  auto place = WD_TRY(read_row(*db, "SELECT place, generation FROM alert_place WHERE one = 1", {}, read));
  WD_TRY(tx.commit());
  if (held == 0) return std::optional<AlertPlace>();
  return place;
}

Result<void> Alerts::let_go(const TenantScope& scope, std::string_view holder) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(db->execute("UPDATE alert_place SET holder = '', held_until = 0 WHERE holder = ?1", {std::string(holder)}));
  return {};
}

Result<std::optional<OutboxPlace>> Alerts::place(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_row(*db, "SELECT place FROM alert_place WHERE one = 1", {},
                  [](const Row& row) -> Result<OutboxPlace> { return OutboxPlace::parse(row.text(0)); });
}

Result<std::int64_t> Alerts::generation(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return WD_TRY(read_row(*db, "SELECT generation FROM alert_place WHERE one = 1", {}, read_number)).value_or(0);
}

Result<void> Alerts::note_change(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return bump(*db);
}

Result<void> Alerts::advance(Db& db, std::string_view holder, const AlertPlace& place) const {
  const auto changed = WD_TRY(
      db.execute("UPDATE alert_place SET place = ?1, held_until = ?2 WHERE one = 1 AND holder = ?3 AND generation = ?4",
                 {place.place.text(), to_micros(clock_.now() + kHold), std::string(holder), place.generation}));
  if (changed == 0) return fail(ErrorCode::Conflict, "another manager evaluates, or something was changed");
  return {};
}

Result<std::vector<AlertMemory>> Alerts::memories(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(*db,
                   "SELECT rule, grp, phase, since, length, counts, count, events, alert, members FROM alert_memories",
                   {}, read_memory);
}

Result<void> Alerts::write(Db& db, const AlertMemory& memory) {
  WD_TRY(db.execute(
      "INSERT INTO alert_memories (memory_key, rule, grp, phase, since, length, counts, count, events, alert, members) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (memory_key) DO UPDATE SET phase = "
      "excluded.phase, since = excluded.since, length = excluded.length, counts = excluded.counts, count = "
      "excluded.count, events = excluded.events, alert = excluded.alert, members = excluded.members",
      {active_key(memory.rule, memory.group), memory.rule, group_to_json(memory.group),
       static_cast<std::int64_t>(memory.condition.phase), to_micros(memory.condition.since),
       memory.window.length().count(), memory.window.text(), memory.count, strings_to_json(memory.events),
       memory.alert ? DbValue{memory.alert->text()} : DbValue{nullptr},
       strings_to_json({memory.members.begin(), memory.members.end()})}));
  return {};
}

Result<void> Alerts::forget(Db& db, const AlertMemory& memory) {
  WD_TRY(db.execute("DELETE FROM alert_memories WHERE memory_key = ?1", {active_key(memory.rule, memory.group)}));
  return {};
}

Result<std::vector<Alert>> Alerts::active(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(*db, select_alerts("WHERE state <> 3"), {}, read_alert);
}

Result<void> Alerts::write(Db& db, const Alert& alert) {
  WD_TRY(db.execute(
      "INSERT INTO alerts (" + std::string(kColumns) +
          ", active_key) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, "
          "?20, ?21) "
          "ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, state = excluded.state, last_seen = "
          "excluded.last_seen, resolved = excluded.resolved, resolved_by = excluded.resolved_by, count = "
          "excluded.count, value = excluded.value, events = excluded.events, acknowledged_by = "
          "excluded.acknowledged_by, acknowledged = excluded.acknowledged, is_told = excluded.is_told, told = "
          "excluded.told, calls = excluded.calls, members = excluded.members, is_grown = excluded.is_grown, active_key "
          "= excluded.active_key",
      {alert.id.text(),
       alert.rule,
       group_to_json(alert.group),
       static_cast<std::int64_t>(alert.severity),
       static_cast<std::int64_t>(alert.state),
       to_micros(alert.opened),
       to_micros(alert.last),
       time_or_null(alert.resolved),
       alert.resolved_by,
       alert.count,
       alert.value,
       alert.fire_at,
       strings_to_json(alert.events),
       alert.acknowledged_by,
       time_or_null(alert.acknowledged),
       std::int64_t{alert.is_told},
       channels_to_json(alert.told),
       calls_to_json(alert.calls),
       strings_to_json(alert.members),
       std::int64_t{alert.is_grown},
       alert.is_active() ? active_key(alert.rule, alert.group) : alert.id.text()}));
  return {};
}

Result<void> Alerts::put_event(Db& db, std::string_view type, const AlertId& alert) const {
  const Timestamp now = clock_.now();
  WD_TRY(db.execute("INSERT INTO alert_events (id, time, type, alert) VALUES (?1, ?2, ?3, ?4)",
                    {make_id<EventId>(now).text(), to_micros(now), std::string(type), alert.text()}));
  return {};
}

Result<std::vector<DueAlertEvent>> Alerts::due_events(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(*db, "SELECT id, time, type, alert FROM alert_events ORDER BY id LIMIT 100", {},
                   [](const Row& row) -> Result<DueAlertEvent> {
                     return DueAlertEvent{WD_TRY(parse_id<EventId>(row.text(0))), from_micros(row.integer(1)),
                                          row.text(2), WD_TRY(parse_id<AlertId>(row.text(3)))};
                   });
}

Result<void> Alerts::forget_event(const TenantScope& scope, const EventId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(db->execute("DELETE FROM alert_events WHERE id = ?1", {id.text()}));
  return {};
}

Result<void> Alerts::prune(const TenantScope& scope, std::chrono::hours kept) {
  const std::int64_t before = to_micros(clock_.now() - kept);
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(db->execute(
      "DELETE FROM alert_comments WHERE alert IN (SELECT id FROM alerts WHERE state = 3 AND resolved < ?1)", {before}));
  WD_TRY(db->execute("DELETE FROM alerts WHERE state = 3 AND resolved < ?1", {before}));
  return tx.commit();
}

Result<void> Alerts::record(Db& db, const TenantScope& scope, std::string_view action, const Alert& alert) {
  AuditRecord record;
  record.action = action;
  record.object = "alert:" + alert.id.text();
  record.detail = {{"rule", json::string(alert.rule)}};
  WD_TRY(audit_.append_in(db, scope, std::move(record)));
  return {};
}

FeatureSchema alerts_schema() {
  using enum PersonalData;
  return {.feature = "alerts",
          .migrations =
              {{1,
                "create alerts",
                {"CREATE TABLE alerts (id TEXT NOT NULL, rule TEXT NOT NULL, grp TEXT NOT NULL, severity BIGINT NOT "
                 "NULL, state BIGINT NOT NULL, opened BIGINT NOT NULL, last_seen BIGINT NOT NULL, resolved BIGINT, "
                 "resolved_by TEXT NOT NULL, count BIGINT NOT NULL, value BIGINT NOT NULL, fire_at BIGINT NOT NULL, "
                 "events TEXT NOT NULL, acknowledged_by TEXT NOT NULL, acknowledged BIGINT, is_told BIGINT NOT NULL, "
                 "told TEXT NOT NULL, rota TEXT, level BIGINT NOT NULL, escalates BIGINT, active_key TEXT NOT NULL, "
                 "PRIMARY KEY (id))",
                 "CREATE UNIQUE INDEX alerts_by_key ON alerts (active_key)",
                 "CREATE INDEX alerts_by_state ON alerts (state)",
                 "CREATE TABLE alert_comments (id TEXT NOT NULL, alert TEXT NOT NULL, time BIGINT NOT NULL, author "
                 "TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (id))",
                 "CREATE INDEX alert_comments_by_alert ON alert_comments (alert)",
                 "CREATE TABLE alert_memories (memory_key TEXT NOT NULL, rule TEXT NOT NULL, grp TEXT NOT NULL, phase "
                 "BIGINT NOT NULL, since BIGINT NOT NULL, length BIGINT NOT NULL, counts TEXT NOT NULL, count BIGINT "
                 "NOT NULL, events TEXT NOT NULL, alert TEXT, PRIMARY KEY (memory_key))",
                 "CREATE TABLE alert_place (one BIGINT NOT NULL, place TEXT NOT NULL, generation BIGINT NOT NULL, "
                 "holder TEXT NOT NULL, held_until BIGINT NOT NULL, PRIMARY KEY (one))",
                 "CREATE TABLE alert_events (id TEXT NOT NULL, time BIGINT NOT NULL, type TEXT NOT NULL, alert TEXT "
                 "NOT NULL, PRIMARY KEY (id))"}},
               {2,
                "of each rota a call",
                {"ALTER TABLE alerts ADD COLUMN calls TEXT NOT NULL DEFAULT '[]'",
                 "UPDATE alerts SET calls = '[{\"rota\":\"' || rota || '\",\"level\":' || level || "
                 "COALESCE(',\"escalates\":' || escalates, '') || '}]' WHERE rota IS NOT NULL",
                 "ALTER TABLE alerts DROP COLUMN rota", "ALTER TABLE alerts DROP COLUMN level",
                 "ALTER TABLE alerts DROP COLUMN escalates"}},
               {3,
                "alerts that list members",
                {"ALTER TABLE alerts ADD COLUMN members TEXT NOT NULL DEFAULT '[]'",
                 "ALTER TABLE alerts ADD COLUMN is_grown BIGINT NOT NULL DEFAULT 0",
                 "ALTER TABLE alert_memories ADD COLUMN members TEXT NOT NULL DEFAULT '[]'"}}},
          .fields = {{"alerts", "id", None},
                     {"alerts", "rule", None},
                     {"alerts", "grp", Content},
                     {"alerts", "severity", None},
                     {"alerts", "state", None},
                     {"alerts", "opened", None},
                     {"alerts", "last_seen", None},
                     {"alerts", "resolved", None},
                     {"alerts", "resolved_by", Identifier},
                     {"alerts", "count", None},
                     {"alerts", "value", None},
                     {"alerts", "fire_at", None},
                     {"alerts", "events", None},
                     {"alerts", "acknowledged_by", Identifier},
                     {"alerts", "acknowledged", None},
                     {"alerts", "is_told", None},
                     {"alerts", "told", None},
                     {"alerts", "calls", None},
                     {"alerts", "members", Content},
                     {"alerts", "is_grown", None},
                     {"alerts", "active_key", None},
                     {"alert_comments", "id", None},
                     {"alert_comments", "alert", None},
                     {"alert_comments", "time", None},
                     {"alert_comments", "author", Identifier},
                     {"alert_comments", "text", Content},
                     {"alert_memories", "memory_key", None},
                     {"alert_memories", "rule", None},
                     {"alert_memories", "grp", Content},
                     {"alert_memories", "phase", None},
                     {"alert_memories", "since", None},
                     {"alert_memories", "length", None},
                     {"alert_memories", "counts", None},
                     {"alert_memories", "count", None},
                     {"alert_memories", "events", None},
                     {"alert_memories", "alert", None},
                     {"alert_memories", "members", Content},
                     {"alert_place", "one", None},
                     {"alert_place", "place", None},
                     {"alert_place", "generation", None},
                     {"alert_place", "holder", None},
                     {"alert_place", "held_until", None},
                     {"alert_events", "id", None},
                     {"alert_events", "time", None},
                     {"alert_events", "type", None},
                     {"alert_events", "alert", None}}};
}

}  // namespace warder::manager
