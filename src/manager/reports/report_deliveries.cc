#include "manager/reports/report_deliveries.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/text.h"
#include "manager/identity/rows.h"
#include "manager/policies/sql.h"
#include "manager/reports/report_document.h"

namespace warder::manager {
namespace {

constexpr std::string_view kUser = "user:";
constexpr std::string_view kTable = "report_deliveries";
constexpr std::string_view kColumns =
    "id, run, report, report_name, kind, recipient, occurrence, from_time, to_time, filter, language, state, reason, "
    "made, sha256, row_count, bytes";

std::string select_deliveries(std::string_view where) {
  return "SELECT " + std::string(kColumns) + " FROM " + std::string(kTable) + " " + std::string(where);
}

Result<ReportDelivery> read_delivery(const Row& row) {
  ReportDelivery delivery;
  delivery.id = WD_TRY(parse_id<ReportDeliveryId>(row.text(0)));
  delivery.run = WD_TRY(parse_id<ReportRunId>(row.text(1)));
  delivery.report = WD_TRY(parse_id<ReportId>(row.text(2)));
  delivery.report_name = row.text(3);
  delivery.kind = static_cast<ReportKind>(row.integer(4));
  delivery.recipient = WD_TRY(parse_id<UserId>(row.text(5)));
  delivery.occurrence = from_micros(row.integer(6));
  delivery.period = {from_micros(row.integer(7)), from_micros(row.integer(8))};
  delivery.filter = row.text(9);
  delivery.language = row.text(10);
  delivery.state = static_cast<DeliveryState>(row.integer(11));
  delivery.reason = row.text(12);
  delivery.made = optional_time_at(row, 13);
  delivery.sha256 = row.text(14);
  delivery.rows = row.integer(15);
  delivery.bytes = row.integer(16);
  return delivery;
}

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value() : json::value(text);
}

/// The user who acts; nobody else has deliveries.
std::string recipient_of(const TenantScope& scope) {
  return scope.actor().starts_with(kUser) ? scope.actor().substr(kUser.size()) : std::string();
}

/// 1, 4, 16 … minutes, six hours at most.
Timestamp next_try(Timestamp now, std::int64_t tries) {
  constexpr std::chrono::minutes kLongest{6 * 60};
  std::chrono::minutes pause{1};
  for (std::int64_t i = 1; i < tries && pause < kLongest; ++i) pause *= 4;
  return now + std::min(pause, kLongest);
}

tl::unexpected<Error> taken() {
  return fail(ErrorCode::Conflict, "somebody else has the delivery, or has made it");
}

struct FormatWords {
  std::string_view name;
  std::string_view media_type;
};
constexpr std::array<FormatWords, 4> kFormats = {{{"html", "text/html; charset=utf-8"},
                                                  {"csv", "text/csv; charset=utf-8"},
                                                  {"json", "application/json"},
                                                  {"pdf", "application/pdf"}}};

const FormatWords& words_of(ReportFormat format) noexcept {
  return kFormats.at(static_cast<std::size_t>(format));
}

/// "Weekly events!" → "weekly-events"; "report" when nothing is left of it.
std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : to_lower_ascii(name)) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (is_plain)
      plain += c;
    else if (!plain.empty() && plain.back() != '-')
      plain += '-';
  }
  if (plain.ends_with('-')) plain.pop_back();
  return plain.empty() ? "report" : plain;
}

std::string digits_of_day(Timestamp time) {
  std::string day = to_rfc3339(time).substr(0, 10);
  std::erase(day, '-');
  return day;
}

}  // namespace

std::string_view name(DeliveryState state) noexcept {
  constexpr std::array<std::string_view, 3> kNames = {"waiting", "made", "failed"};
  return kNames.at(static_cast<std::size_t>(state));
}

std::string_view name(ReportFormat format) noexcept {
  return words_of(format).name;
}

std::string_view media_type(ReportFormat format) noexcept {
  return words_of(format).media_type;
}

Result<ReportFormat> parse_report_format(std::string_view text) {
  const auto* const found = std::ranges::find(kFormats, text, &FormatWords::name);
  if (found == kFormats.end()) return fail(ErrorCode::Invalid, "html, csv, json or pdf is expected");
  return static_cast<ReportFormat>(found - kFormats.begin());
}

std::string file_name(const ReportDelivery& delivery, ReportFormat format) {
  return plain_name(delivery.report_name) + "-" + digits_of_day(delivery.occurrence) + "." + std::string(name(format));
}

json::object delivery_json(const ReportDelivery& delivery) {
  return {{"id", delivery.id.text()},
          {"report_id", delivery.report.text()},
          {"report_name", delivery.report_name},
          {"kind", name(delivery.kind)},
          {"recipient", delivery.recipient.text()},
          {"state", name(delivery.state)},
          {"reason", text_or_null(delivery.reason)},
          {"made", delivery.made ? json::value(to_rfc3339(*delivery.made)) : json::value()},
          {"occurrence", to_rfc3339(delivery.occurrence)},
          {"from", to_rfc3339(delivery.period.from)},
          {"to", to_rfc3339(delivery.period.to)},
          {"filter", delivery.filter},
          {"language", delivery.language},
          {"sha256", text_or_null(delivery.sha256)},
          {"rows", delivery.rows},
          {"bytes", delivery.bytes}};
}

Result<Page<ReportDelivery>> ReportDeliveries::list(const TenantScope& scope, const std::optional<ReportId>& report,
                                                    const PageRequest& page) {
  const std::string before = page.cursor.empty() ? "~" : WD_TRY(key_of_cursor(page.cursor));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  Page<ReportDelivery> found;
  found.items = WD_TRY(read_rows(
      *db,
      select_deliveries("WHERE recipient = ?1 AND id < ?2 AND state <> 0 AND (?3 = '' OR report = ?3) "
                        "ORDER BY id DESC LIMIT ?4"),
      {recipient_of(scope), before, report ? report->text() : std::string(), static_cast<std::int64_t>(page.limit) + 1},
      read_delivery));
  finish_page(found, page.limit, [](const ReportDelivery& last) { return last.id.text(); });
  return found;
}

Result<ReportDelivery> ReportDeliveries::find_own(Db& db, const TenantScope& scope, const ReportDeliveryId& id) const {
  auto found = WD_TRY(read_row(db, select_deliveries("WHERE id = ?1 AND recipient = ?2 AND state <> 0"),
                               {id.text(), recipient_of(scope)}, read_delivery));
  if (!found) return fail(ErrorCode::NotFound, "no such delivery");
  return std::move(*found);
}

Result<ReportDelivery> ReportDeliveries::find(const TenantScope& scope, const ReportDeliveryId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return find_own(*db, scope, id);
}

Result<std::string> ReportDeliveries::download(const TenantScope& scope, const ReportDeliveryId& id,
                                               ReportFormat format) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const ReportDelivery delivery = WD_TRY(find_own(*db, scope, id));
  if (delivery.state != DeliveryState::Made)
    return fail(ErrorCode::Conflict, "the report was not made: " + delivery.reason);
  const auto box = WD_TRY(read_row(*db, "SELECT document FROM report_deliveries WHERE id = ?1", {id.text()},
                                   [](const Row& row) -> Result<Bytes> { return row.bytes(0); }));
  if (!box) return fail(ErrorCode::NotFound, "no such delivery");
  const std::string row_id = id.text();
  std::string document = WD_TRY(tenants_.open_text(scope, {kTable, row_id, "document"}, *box));
  if (report_hash(document) != delivery.sha256)
    return fail(ErrorCode::Corrupt, "the report is not what was made: its hash is another one");
  auto tx = WD_TRY(Tx::begin(*db));
  AuditRecord entry;
  entry.action = "report.download";
  entry.object = "report-delivery:" + row_id;
  entry.detail = {{"report", delivery.report.text()}, {"format", name(format)}, {"sha256", delivery.sha256}};
  WD_TRY(audit_.append_in(*db, scope, std::move(entry)));
  WD_TRY(tx.commit());
  return document;
}

Result<std::optional<ReportDelivery>> ReportDeliveries::take(const TenantScope& scope, std::string_view holder) {
  const std::int64_t now = to_micros(clock_.now());
  const std::int64_t held_until = to_micros(clock_.now() + kHold);
  // A hold that seems to last longer is of a clock that was set back since.
  const std::string waiting = "state = 0 AND due <= ?1 AND (held_until <= ?1 OR held_until > ?2)";
  const auto next = [&](Db& db) {
    return read_row(db, select_deliveries("WHERE " + waiting + " ORDER BY due, id LIMIT 1"), {now, held_until},
                    read_delivery);
  };
  auto db = WD_TRY(tenants_.config(scope).acquire());
  // Looked at without a transaction first, for there is hardly ever one.
  if (!WD_TRY(next(*db))) return std::optional<ReportDelivery>{};
  auto tx = WD_TRY(Tx::begin(*db));
  // Whoever began them never came to their end.
  WD_TRY(
      db->execute("UPDATE report_deliveries SET state = 2, made = ?1, reason = 'it was begun too often and never "
                  "came to its end' WHERE " +
                      waiting + " AND tries >= ?3",
                  {now, held_until, kMaxTries}));
  auto found = WD_TRY(next(*db));
  if (found)
    WD_TRY(db->execute("UPDATE report_deliveries SET holder = ?2, held_until = ?3, tries = tries + 1 WHERE id = ?1",
                       {found->id.text(), std::string(holder), held_until}));
  WD_TRY(tx.commit());
  return found;
}

Result<void> ReportDeliveries::put_made(const TenantScope& scope, const ReportDeliveryId& id, std::string_view holder,
                                        std::string_view document, std::int64_t rows) {
  const std::string row_id = id.text();
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto changed = WD_TRY(db->execute(
      "UPDATE report_deliveries SET state = 1, made = ?3, sha256 = ?4, row_count = ?5, bytes = ?6, document = ?7, "
      "reason = '' WHERE id = ?1 AND holder = ?2 AND state = 0",
      {row_id, std::string(holder), to_micros(clock_.now()), report_hash(document), rows,
       static_cast<std::int64_t>(document.size()), tenants_.seal_text(scope, {kTable, row_id, "document"}, document)}));
  if (changed == 0) return taken();
  return {};
}

Result<void> ReportDeliveries::put_failed(const TenantScope& scope, const ReportDeliveryId& id, std::string_view holder,
                                          std::string_view reason) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto changed = WD_TRY(db->execute(
      "UPDATE report_deliveries SET state = 2, made = ?3, reason = ?4 WHERE id = ?1 AND holder = ?2 AND state = 0",
      {id.text(), std::string(holder), to_micros(clock_.now()), escape_non_utf8(reason)}));
  if (changed == 0) return taken();
  return {};
}

Result<void> ReportDeliveries::put_back(const TenantScope& scope, const ReportDeliveryId& id, std::string_view holder,
                                        std::string_view reason) {
  const Timestamp now = clock_.now();
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const auto tries = WD_TRY(read_row(
      *db, "SELECT tries FROM report_deliveries WHERE id = ?1 AND holder = ?2 AND state = 0",
      {id.text(), std::string(holder)}, [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
  if (!tries) return taken();
  const bool is_last = *tries >= kMaxTries;
  WD_TRY(
      db->execute("UPDATE report_deliveries SET state = ?2, made = ?3, reason = ?4, due = ?5, holder = '', held_until "
                  "= 0 WHERE id = ?1",
                  {id.text(), static_cast<std::int64_t>(is_last ? DeliveryState::Failed : DeliveryState::Waiting),
                   is_last ? DbValue{to_micros(now)} : DbValue{nullptr}, escape_non_utf8(reason),
                   to_micros(next_try(now, *tries))}));
  return tx.commit();
}

Result<std::vector<FinishedRun>> ReportDeliveries::untold(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto runs = WD_TRY(read_rows(
      *db,
      "SELECT id, report, report_name, kind, occurrence FROM report_runs r WHERE told = 0 AND NOT EXISTS (SELECT 1 "
      "FROM report_deliveries d WHERE d.run = r.id AND d.state = 0) ORDER BY occurrence, id",
      {}, [](const Row& row) -> Result<FinishedRun> {
        FinishedRun run;
        run.id = WD_TRY(parse_id<ReportRunId>(row.text(0)));
        run.report = WD_TRY(parse_id<ReportId>(row.text(1)));
        run.report_name = row.text(2);
        run.kind = static_cast<ReportKind>(row.integer(3));
        run.occurrence = from_micros(row.integer(4));
        return run;
      }));
  for (FinishedRun& run : runs)
    run.deliveries =
        WD_TRY(read_rows(*db, select_deliveries("WHERE run = ?1 ORDER BY recipient"), {run.id.text()}, read_delivery));
  return runs;
}

Result<bool> ReportDeliveries::mark_told(Db& transaction, const ReportRunId& run) {
  return WD_TRY(transaction.execute("UPDATE report_runs SET told = 1 WHERE id = ?1 AND told = 0", {run.text()})) > 0;
}

Result<void> ReportDeliveries::prune(const TenantScope& scope, std::chrono::days kept) {
  const std::int64_t oldest = to_micros(clock_.now() - kept);
  // Those that somebody is yet to be told of stay for so long.
  const std::string over =
      "state <> 0 AND (made < ?1 OR NOT EXISTS (SELECT 1 FROM users u WHERE u.id = report_deliveries.recipient)) AND "
      "EXISTS (SELECT 1 FROM report_runs r WHERE r.id = report_deliveries.run AND r.told = 1)";
  auto db = WD_TRY(tenants_.config(scope).acquire());
  // Looked at without a transaction first, for there is hardly ever one.
  if (!WD_TRY(read_row(*db, select_deliveries("WHERE " + over + " LIMIT 1"), {oldest}, read_delivery))) return {};
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(db->execute("DELETE FROM report_deliveries WHERE " + over, {oldest}));
  WD_TRY(db->execute(
      "DELETE FROM report_runs WHERE told = 1 AND NOT EXISTS (SELECT 1 FROM report_deliveries d WHERE d.run "
      "= report_runs.id)"));
  return tx.commit();
}

}  // namespace warder::manager
