#include "manager/reports/report.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/text.h"
#include "manager/events/filter.h"
#include "manager/fleet/host_fields.h"

namespace warder::manager {
namespace {

struct KindWords {
  std::string_view name;
  std::string_view right;
};
constexpr std::array<KindWords, 5> kKinds = {{{"events", "events:read"},
                                              {"alerts", "alerts:read"},
                                              {"incidents", "incidents:read"},
                                              {"hosts", "agents:read"},
                                              {"integrity", "events:read"}}};

const KindWords& words_of(ReportKind kind) noexcept {
  return kKinds.at(static_cast<std::size_t>(kind));
}

Result<void> check_filter(ReportKind kind, const std::string& filter) {
  switch (kind) {
    case ReportKind::Events:
    case ReportKind::Integrity:
      WD_TRY(parse_filter(filter).in("/filter"));
      return {};
    case ReportKind::Hosts:
      WD_TRY(parse_host_filter(filter).in("/filter"));
      return {};
    case ReportKind::Alerts:
    case ReportKind::Incidents:
      if (!filter.empty()) return fail(ErrorCode::Invalid, "/filter: a report of this kind has none");
      return {};
  }
  return {};
}

Result<void> check_name(const std::string& name) {
  if (trim(name).empty()) return fail(ErrorCode::Invalid, "/name: is empty");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (!is_utf8(name) || count_characters(name) > kMaxReportName || std::ranges::any_of(name, is_control))
    return fail(ErrorCode::Invalid, "/name: a line of at most 120 characters is expected");
  return {};
}

Result<std::vector<UserId>> read_recipients(const json::array& array) {
  if (array.size() > kMaxReportRecipients) return fail(ErrorCode::Invalid, "/recipients: more than 100");
  std::vector<UserId> recipients;
  for (const json::value& each : array) {
    const std::string pointer = "/recipients/" + std::to_string(recipients.size());
    if (!each.is_string()) return fail(ErrorCode::Invalid, pointer + ": the id of a user is expected");
    const auto id = WD_TRY(parse_id<UserId>(std::string_view{each.get_string()}).in(pointer));
    if (std::ranges::find(recipients, id) != recipients.end())
      return fail(ErrorCode::Invalid, pointer + ": the user is there twice");
    recipients.push_back(id);
  }
  return recipients;
}

Result<std::optional<ReportSchedule>> read_schedule(const json::value& value) {
  if (value.is_null()) return std::optional<ReportSchedule>{};
  if (!value.is_object()) return fail(ErrorCode::Invalid, "/schedule: an object or null is expected");
  auto schedule = ReportSchedule::parse(value.get_object());
  if (schedule) return std::optional{std::move(*schedule)};
  return fail(schedule.error().code, "/schedule" + schedule.error().message);
}

json::value time_json(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value();
}

}  // namespace

std::string_view name(ReportKind kind) noexcept {
  return words_of(kind).name;
}

std::string_view right_of(ReportKind kind) noexcept {
  return words_of(kind).right;
}

Result<ReportKind> parse_report_kind(std::string_view text) {
  const auto* const found = std::ranges::find(kKinds, text, &KindWords::name);
  if (found == kKinds.end())
    return fail(ErrorCode::Invalid, "events, alerts, incidents, hosts or integrity is expected");
  return static_cast<ReportKind>(found - kKinds.begin());
}

Result<ReportDraft> read_report(const json::object& body, ReportDraft draft) {
  if (body.contains("name")) draft.name = WD_TRY(get_string(body, "name"));
  if (body.contains("kind")) draft.kind = WD_TRY(parse_report_kind(WD_TRY(get_string(body, "kind"))).in("/kind"));
  if (body.contains("filter")) draft.filter = WD_TRY(get_string(body, "filter"));
  if (body.contains("range")) draft.range = WD_TRY(get_string(body, "range"));
  if (const json::value* schedule = find(body, "schedule")) draft.schedule = WD_TRY(read_schedule(*schedule));
  if (body.contains("language")) draft.language = WD_TRY(get_string(body, "language"));
  if (body.contains("recipients")) draft.recipients = WD_TRY(read_recipients(*WD_TRY(get_array(body, "recipients"))));
  if (body.contains("enabled")) draft.is_enabled = WD_TRY(get_bool(body, "enabled"));
  WD_TRY(check_name(draft.name));
  WD_TRY(check_filter(draft.kind, draft.filter));
  WD_TRY(ReportRange::parse(draft.range).in("/range"));
  if (draft.language != "en" && draft.language != "ja")
    return fail(ErrorCode::Invalid, "/language: en or ja is expected");
  return draft;
}

std::string Report::etag() const {
  return '"' + std::to_string(version) + '"';
}

json::object report_json(const Report& report) {
  const ReportDraft& draft = report.draft;
  json::array recipients;
  for (const UserId& each : draft.recipients) recipients.emplace_back(each.text());
  return {{"id", report.id.text()},
          {"name", draft.name},
          {"kind", name(draft.kind)},
          {"filter", draft.filter},
          {"range", draft.range},
          {"schedule", draft.schedule ? json::value(draft.schedule->to_json()) : json::value()},
          {"language", draft.language},
          {"recipients", std::move(recipients)},
          {"enabled", draft.is_enabled},
          {"owner", report.owner},
          {"created", to_rfc3339(report.created)},
          {"next", time_json(report.next)},
          {"last", time_json(report.last)},
          {"etag", report.etag()}};
}

}  // namespace warder::manager
