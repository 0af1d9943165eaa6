#include "manager/reports/reports.h"

#include "base/json.h"
#include "manager/identity/rows.h"
#include "manager/policies/sql.h"
#include "manager/reports/report_deliveries.h"

namespace warder::manager {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, name, kind, filter, period, schedule, language, recipients, enabled, owner, created, next_at, last_at, "
    "version FROM reports ";

Result<std::int64_t> read_count(const Row& row) {
  return row.integer(0);
}

std::string recipients_text(const ReportDraft& draft) {
  json::array array;
  for (const UserId& each : draft.recipients) array.emplace_back(each.text());
  return json::serialize(array);
}

Result<std::vector<UserId>> read_recipients(const std::string& text) {
  const json::value value = WD_TRY(parse_json(text));
  std::vector<UserId> recipients;
  if (!value.is_array()) return fail(ErrorCode::Corrupt, "no list");
  for (const json::value& each : value.get_array()) {
    if (!each.is_string()) return fail(ErrorCode::Corrupt, "no id");
    recipients.push_back(WD_TRY(parse_id<UserId>(std::string_view{each.get_string()})));
  }
  return recipients;
}

/// Empty: none.
Result<std::optional<ReportSchedule>> read_schedule(const std::string& text) {
  if (text.empty()) return std::optional<ReportSchedule>{};
  const json::value value = WD_TRY(parse_json(text));
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "no object");
  return std::optional{WD_TRY(ReportSchedule::parse_stored(value.get_object()))};
}

std::string schedule_text(const ReportDraft& draft) {
  return draft.schedule ? json::serialize(draft.schedule->to_json()) : std::string();
}

Result<Report> read_report_row(const Row& row) {
  Report report;
  report.id = WD_TRY(parse_id<ReportId>(row.text(0)));
  report.draft.name = row.text(1);
  report.draft.kind = static_cast<ReportKind>(row.integer(2));
  report.draft.filter = row.text(3);
  report.draft.range = row.text(4);
  report.draft.schedule = WD_TRY(read_schedule(row.text(5)).in("stored schedule"));
  report.draft.language = row.text(6);
  report.draft.recipients = WD_TRY(read_recipients(row.text(7)).in("stored recipients"));
  report.draft.is_enabled = row.integer(8) != 0;
  report.owner = row.text(9);
  report.created = from_micros(row.integer(10));
  report.next = optional_time_at(row, 11);
  report.last = optional_time_at(row, 12);
  report.version = row.integer(13);
  return report;
}

Result<Report> find_in(Db& db, const ReportId& id) {
  auto found = WD_TRY(read_row(db, std::string(kSelect) + "WHERE id = ?1", {id.text()}, read_report_row));
  if (!found) return fail(ErrorCode::NotFound, "no such report");
  return std::move(*found);
}

std::optional<Timestamp> next_of(const ReportDraft& draft, Timestamp now) {
  if (!draft.schedule || !draft.is_enabled) return std::nullopt;
  return draft.schedule->next_after(now);
}

Result<void> insert(Db& db, const Report& report) {
  const ReportDraft& draft = report.draft;
  WD_TRY(
      db.execute("INSERT INTO reports (id, name, kind, filter, period, schedule, language, recipients, enabled, owner, "
                 "created, next_at, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                 {report.id.text(), draft.name, static_cast<std::int64_t>(draft.kind), draft.filter, draft.range,
                  schedule_text(draft), draft.language, recipients_text(draft), std::int64_t{draft.is_enabled},
                  report.owner, to_micros(report.created), time_or_null(report.next), report.version}));
  return {};
}

Result<void> store(Db& db, const Report& report) {
  const ReportDraft& draft = report.draft;
  WD_TRY(
      db.execute("UPDATE reports SET name = ?2, kind = ?3, filter = ?4, period = ?5, schedule = ?6, language = ?7, "
                 "recipients = ?8, enabled = ?9, next_at = ?10, version = ?11 WHERE id = ?1",
                 {report.id.text(), draft.name, static_cast<std::int64_t>(draft.kind), draft.filter, draft.range,
                  schedule_text(draft), draft.language, recipients_text(draft), std::int64_t{draft.is_enabled},
                  time_or_null(report.next), report.version}));
  return {};
}

/// Stands in cursors between name and id; no name has it.
constexpr char kBetween = '\n';

}  // namespace

Result<void> Reports::record(Db& transaction, const TenantScope& scope, std::string_view action, const Report& report) {
  AuditRecord entry;
  entry.action = action;
  entry.object = "report:" + report.id.text();
  entry.detail = {{"name", report.draft.name},
                  {"kind", name(report.draft.kind)},
                  {"recipients", static_cast<std::int64_t>(report.draft.recipients.size())}};
  WD_TRY(audit_.append_in(transaction, scope, std::move(entry)));
  return {};
}

Result<void> Reports::check_recipients(const TenantScope& scope, const ReportDraft& draft) {
  std::size_t place = 0;
  for (const UserId& each : draft.recipients) {
    const auto user = users_.find(scope, each);
    const std::string pointer = "/recipients/" + std::to_string(place++);
    if (user) continue;
    if (user.error().code != ErrorCode::NotFound) return fail(user.error());
    return fail(ErrorCode::Invalid, pointer + ": there is no such user");
  }
  return {};
}

Result<Page<Report>> Reports::list(const TenantScope& scope, const PageRequest& page) {
  const std::string after = page.cursor.empty() ? std::string() : WD_TRY(key_of_cursor(page.cursor));
  const std::size_t between = after.find(kBetween);
  auto db = WD_TRY(tenants_.config(scope).acquire());
  Page<Report> found;
  found.items = WD_TRY(
      read_rows(*db, std::string(kSelect) + "WHERE name > ?1 OR (name = ?1 AND id > ?2) ORDER BY name, id LIMIT ?3",
                {after.substr(0, between), between == std::string::npos ? std::string() : after.substr(between + 1),
                 static_cast<std::int64_t>(page.limit) + 1},
                read_report_row));
  finish_page(found, page.limit, [](const Report& last) { return last.draft.name + kBetween + last.id.text(); });
  return found;
}

Result<Report> Reports::find(const TenantScope& scope, const ReportId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return find_in(*db, id);
}

Result<Report> Reports::create(const TenantScope& scope, const json::object& body) {
  Report made{.id = {}, .draft = WD_TRY(read_report(body)), .owner = scope.actor(), .created = clock_.now()};
  WD_TRY(check_recipients(scope, made.draft));
  made.id = make_id<ReportId>(made.created);
  made.next = next_of(made.draft, made.created);
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const auto count = WD_TRY(read_row(*db, "SELECT count(*) FROM reports", {}, read_count));
  if (count.value_or(0) >= static_cast<std::int64_t>(kMaxReports))
    return fail(ErrorCode::Conflict, "there are as many reports as there may be: 200");
  WD_TRY(insert(*db, made));
  WD_TRY(record(*db, scope, "report.create", made));
  WD_TRY(tx.commit());
  return made;
}

Result<Report> Reports::update(const TenantScope& scope, const ReportId& id, std::string_view etag,
                               const json::object& body) {
  // People who were asked for before and are gone by now keep nobody from changing something else.
  if (body.contains("recipients"))
    WD_TRY(check_recipients(scope, WD_TRY(read_report(body, WD_TRY(find(scope, id)).draft))));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  Report report = WD_TRY(find_in(*db, id));
  WD_TRY(check_etag(etag, report.etag()));
  report.draft = WD_TRY(read_report(body, std::move(report.draft)));
  if (body.contains("schedule") || body.contains("enabled")) report.next = next_of(report.draft, clock_.now());
  ++report.version;
  WD_TRY(store(*db, report));
  WD_TRY(record(*db, scope, "report.update", report));
  WD_TRY(tx.commit());
  return report;
}

Result<void> Reports::remove(const TenantScope& scope, const ReportId& id, std::string_view etag) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const Report report = WD_TRY(find_in(*db, id));
  WD_TRY(check_etag(etag, report.etag()));
  WD_TRY(db->execute("DELETE FROM reports WHERE id = ?1", {id.text()}));
  WD_TRY(db->execute("DELETE FROM report_deliveries WHERE report = ?1 AND state = 0", {id.text()}));
  WD_TRY(
      db->execute("DELETE FROM report_runs WHERE report = ?1 AND NOT EXISTS (SELECT 1 FROM report_deliveries d WHERE "
                  "d.run = report_runs.id)",
                  {id.text()}));
  WD_TRY(record(*db, scope, "report.delete", report));
  return tx.commit();
}

Result<void> Reports::put(Db& transaction, const Report& report, Timestamp occurrence, std::string_view asked_by) {
  const ReportDraft& draft = report.draft;
  if (draft.recipients.empty()) return {};
  const TimeZone zone = draft.schedule ? draft.schedule->zone() : TimeZone::utc();
  const ReportPeriod period = WD_TRY(ReportRange::parse(draft.range).in("stored range")).period(occurrence, zone);
  const auto kind = static_cast<std::int64_t>(draft.kind);
  const std::string run = make_id<ReportRunId>(occurrence).text();
  const auto changed = WD_TRY(
      transaction.execute("INSERT INTO report_runs (id, report, report_name, kind, occurrence, asked_by, told) VALUES "
                          "(?1, ?2, ?3, ?4, ?5, ?6, 0) ON CONFLICT DO NOTHING",
                          {run, report.id.text(), draft.name, kind, to_micros(occurrence), std::string(asked_by)}));
  if (changed == 0) return {};  // it was put down before
  for (const UserId& recipient : draft.recipients) {
    WD_TRY(transaction.execute(
        "INSERT INTO report_deliveries (id, run, report, report_name, kind, recipient, occurrence, from_time, to_time, "
        "filter, language, state, tries, due, holder, held_until, reason, sha256, row_count, bytes) VALUES (?1, ?2, "
        "?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0, 0, ?7, '', 0, '', '', 0, 0)",
        {make_id<ReportDeliveryId>(occurrence).text(), run, report.id.text(), draft.name, kind, recipient.text(),
         to_micros(occurrence), to_micros(period.from), to_micros(period.to), draft.filter, draft.language}));
  }
  WD_TRY(
      transaction.execute("UPDATE reports SET last_at = ?2 WHERE id = ?1", {report.id.text(), to_micros(occurrence)}));
  return {};
}

Result<std::int64_t> Reports::run(const TenantScope& scope, const ReportId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const Report report = WD_TRY(find_in(*db, id));
  if (report.draft.recipients.empty()) return fail(ErrorCode::Conflict, "the report has no recipients");
  const auto waiting = WD_TRY(
      read_row(*db, "SELECT count(*) FROM report_deliveries WHERE report = ?1 AND state = 0", {id.text()}, read_count));
  if (waiting.value_or(0) > 0) return fail(ErrorCode::Conflict, "the report is being made already");
  WD_TRY(put(*db, report, clock_.now(), scope.actor()));
  WD_TRY(record(*db, scope, "report.run", report));
  WD_TRY(tx.commit());
  return static_cast<std::int64_t>(report.draft.recipients.size());
}

Result<std::int64_t> Reports::put_due(const TenantScope& scope) {
  const Timestamp now = clock_.now();
  auto db = WD_TRY(tenants_.config(scope).acquire());
  // Looked at without a transaction first, for there is hardly ever one.
  const std::string due = std::string(kSelect) + "WHERE next_at <= ?1 ORDER BY next_at, id";
  if (WD_TRY(read_rows(*db, due, {to_micros(now)}, read_report_row)).empty()) return std::int64_t{0};
  auto tx = WD_TRY(Tx::begin(*db));
  const auto reports = WD_TRY(read_rows(*db, due, {to_micros(now)}, read_report_row));
  for (const Report& report : reports) {
    if (report.draft.schedule) WD_TRY(put(*db, report, report.draft.schedule->last_until(now), scope.actor()));
    WD_TRY(db->execute("UPDATE reports SET next_at = ?2 WHERE id = ?1",
                       {report.id.text(), time_or_null(next_of(report.draft, now))}));
  }
  WD_TRY(tx.commit());
  return static_cast<std::int64_t>(reports.size());
}

}  // namespace warder::manager
