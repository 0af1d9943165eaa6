#include "manager/incidents/breach_notice.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "manager/identity/rows.h"
#include "model/event_fields.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxDifferent = 100'000;  // of a field; beyond it the count stays

/// A part of the notice, in its order.
struct Part {
  const char* key;
  const char* title;
  std::string NoticeDraft::*text;
};
constexpr Part kParts[] = {
    {"nature", "Nature of the breach – Art. 33(3)(a)", &NoticeDraft::nature},
    {"categories", "Categories of data subjects and records – Art. 33(3)(a)", &NoticeDraft::categories},
    {"contact", "Data protection officer or other contact – Art. 33(3)(b)", &NoticeDraft::contact},
    {"consequences", "Likely consequences – Art. 33(3)(c)", &NoticeDraft::consequences},
    {"measures", "Measures taken or proposed – Art. 33(3)(d)", &NoticeDraft::measures},
};

bool names_a_person(std::string_view key) {
  return key == "user.name" || key == "user.login_name" || key == "file.owner";
}

std::string text_of(const EventValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  return {};
}

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    if (c == '&')
      html += "&amp;";
    else if (c == '<')
      html += "&lt;";
    else if (c == '>')
      html += "&gt;";
    else if (c == '"')
      html += "&quot;";
    else
      html += c;
  }
  return html;
}

using Line = std::pair<std::string, std::string>;

std::vector<Line> lines_of(const Incident& incident, const BreachNotice& notice) {
  std::vector<Line> lines = {{"Incident", std::to_string(incident.number) + ": " + incident.title},
                             {"Version", std::to_string(notice.version) + ", " + to_rfc3339(notice.made)}};
  if (incident.breach) {
    lines.emplace_back("Controller aware since", to_rfc3339(incident.breach->aware));
    if (!incident.breach->delay_reason.empty())
      lines.emplace_back("Reasons for the delay – Art. 33(1)", incident.breach->delay_reason);
  }
  for (const Part& part : kParts) {
    const std::string& text = notice.draft.*part.text;
    lines.emplace_back(part.title, text.empty() ? "to follow – Art. 33(4)" : text);
  }
  lines.emplace_back("Data subjects, approximately – Art. 33(3)(a)", std::to_string(notice.draft.subjects));
  lines.emplace_back("Records, approximately – Art. 33(3)(a)", std::to_string(notice.draft.records));
  return lines;
}

}  // namespace

void AffectedCount::add(const Event& event) {
  ++affected_.events;
  bool is_personal = false;
  for (const auto& [key, value] : event.fields) {
    const EventField* field = find_event_field(key);
    if (field == nullptr || field->personal_data == PersonalData::None) continue;
    is_personal = true;
    AffectedField& counted = affected_.fields[key];
    counted.personal_data = name(field->personal_data);
    ++counted.events;
    std::string text = text_of(value);
    if (names_a_person(key) && !text.empty() && persons_.size() < kMaxDifferent) persons_.insert(text);
    const bool is_counted =
        field->personal_data == PersonalData::Identifier || field->personal_data == PersonalData::Contact;
    if (is_counted && values_[key].size() < kMaxDifferent) values_[key].insert(std::move(text));
  }
  if (is_personal) ++affected_.with_personal_data;
}

Affected AffectedCount::result() const {
  Affected affected = affected_;
  for (const auto& [key, values] : values_) affected.fields[key].values = static_cast<std::int64_t>(values.size());
  affected.persons = static_cast<std::int64_t>(persons_.size());
  return affected;
}

Result<Affected> count_affected(EventStore& events, const TenantScope& scope, const AffectedScope& asked) {
  constexpr std::size_t kPage = 1000;
  EventSelection selection;
  if (!asked.filter.empty()) selection.filter = WD_TRY(parse_filter(asked.filter).in("/filter"));
  if (asked.from >= asked.to) return fail(ErrorCode::Invalid, "/from: is not before `to`");
  selection.from = asked.from;
  selection.to = asked.to;
  AffectedCount count;
  std::string cursor;
  for (std::size_t seen = 0;;) {
    const EventPage page = WD_TRY(events.list(scope, selection, kPage, cursor));
    for (const StoredEvent& stored : page.items) count.add(stored.event);
    seen += page.items.size();
    Affected result = count.result();
    result.is_complete = !page.next_cursor.has_value();
    if (result.is_complete || seen >= kMaxCountedEvents) return result;
    cursor = *page.next_cursor;
  }
}

std::vector<std::string> missing_fields(const NoticeDraft& draft) {
  std::vector<std::string> missing;
  for (const Part& part : kParts)
    if (trim(draft.*part.text).empty()) missing.emplace_back(part.key);
  return missing;
}

json::object notice_json(const Incident& incident, const BreachNotice& notice) {
  json::object object = {{"incident", incident.id.text()},
                         {"number", incident.number},
                         {"version", notice.version},
                         {"made", to_rfc3339(notice.made)},
                         {"made_by", notice.made_by}};
  for (const Part& part : kParts) object[part.key] = notice.draft.*part.text;
  object["subjects"] = notice.draft.subjects;
  object["records"] = notice.draft.records;
  json::array missing;
  for (const std::string& each : missing_fields(notice.draft)) missing.emplace_back(each);
  object["missing"] = std::move(missing);
  return object;
}

std::string notice_text(const Incident& incident, const BreachNotice& notice) {
  std::string text = "Notification of a personal data breach (GDPR Art. 33)\n";
  for (const auto& [title, body] : lines_of(incident, notice)) text += "\n" + title + "\n  " + body + "\n";
  return text;
}

std::string notice_html(const Incident& incident, const BreachNotice& notice) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Notification of a personal data "
      "breach</title></head><body>\n<h1>Notification of a personal data breach (GDPR Art. 33)</h1>\n<dl>\n";
  for (const auto& [title, body] : lines_of(incident, notice))
    html += "<dt>" + escaped(title) + "</dt><dd>" + escaped(body) + "</dd>\n";
  return html + "</dl>\n</body></html>\n";
}

Result<BreachNotice> BreachNotices::add(const TenantScope& scope, const Incident& incident, const NoticeDraft& draft) {
  if (!incident.breach) return fail(ErrorCode::Conflict, "it is not marked as a breach of personal data");
  for (const Part& part : kParts) {
    const std::string& text = draft.*part.text;
    if (text.size() > kMaxIncidentText || !is_utf8(text))
      return fail(ErrorCode::Invalid, std::string("/") + part.key + ": is too long or no text");
  }
  BreachNotice notice{0, clock_.now(), scope.actor(), draft};
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const auto last =
      WD_TRY(read_row(*db, "SELECT COALESCE(max(version), 0) FROM breach_notices WHERE incident = ?1",
                      {incident.id.text()}, [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
  notice.version = last.value_or(0) + 1;
  if (notice.version > kMaxNotices) return fail(ErrorCode::TooMany, "there are too many versions of the notice");
  WD_TRY(
      db->execute("INSERT INTO breach_notices (incident, version, made, made_by, notice) VALUES (?1, ?2, ?3, ?4, ?5)",
                  {incident.id.text(), notice.version, to_micros(notice.made), notice.made_by,
                   json::serialize(notice_json(incident, notice))}));
  AuditRecord record;
  record.action = "incident.notice";
  record.object = "incident:" + incident.id.text();
  record.detail = {{"version", notice.version}};
  WD_TRY(audit_.append_in(*db, scope, std::move(record)));
  WD_TRY(tx.commit());
  return notice;
}

Result<std::vector<BreachNotice>> BreachNotices::list(const TenantScope& scope, const IncidentId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(
      *db, "SELECT version, made, made_by, notice FROM breach_notices WHERE incident = ?1 ORDER BY version DESC",
      {id.text()}, [](const Row& row) -> Result<BreachNotice> {
        BreachNotice notice{row.integer(0), from_micros(row.integer(1)), row.text(2), {}};
        const json::value value = WD_TRY(parse_json(row.text(3)));
        if (!value.is_object()) return fail(ErrorCode::Corrupt, "notice of a breach: no object");
        const json::object& object = value.get_object();
        for (const Part& part : kParts) notice.draft.*part.text = std::string(WD_TRY(get_string(object, part.key)));
        notice.draft.subjects = WD_TRY(get_int(object, "subjects"));
        notice.draft.records = WD_TRY(get_int(object, "records"));
        return notice;
      });
}

FeatureSchema breach_notices_schema() {
  using enum PersonalData;
  return {.feature = "breach-notices",
          .migrations = {{1,
                          "create notices of breaches",
                          {"CREATE TABLE breach_notices (incident TEXT NOT NULL, version BIGINT NOT NULL, "
                           "made BIGINT NOT NULL, made_by TEXT NOT NULL, notice TEXT NOT NULL, "
                           "PRIMARY KEY (incident, version))"}}},
          .fields = {{"breach_notices", "incident", None},
                     {"breach_notices", "version", None},
                     {"breach_notices", "made", None},
                     {"breach_notices", "made_by", Identifier},
                     {"breach_notices", "notice", Content}}};
}

}  // namespace warder::manager
