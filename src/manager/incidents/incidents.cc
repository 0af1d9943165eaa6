#include "manager/incidents/incidents.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "manager/identity/rows.h"
#include "manager/incidents/incident_rows.h"
#include "manager/policies/sql.h"

namespace warder::manager {
namespace {

constexpr std::array<std::string_view, 4> kRoles = {"investigation", "containment", "forensics", "communication"};
constexpr std::size_t kMaxTitle = 300;

std::string etag_text(const Incident& incident) {
  return "\"" + std::to_string(incident.version) + "\"";
}

Result<void> check_text(const std::string& text, std::string_view pointer, std::size_t most = kMaxIncidentText) {
  if (text.size() > most) return fail(ErrorCode::TooLarge, std::string(pointer) + ": is too long");
  if (!is_utf8(text) || text.find('\0') != std::string::npos)
    return fail(ErrorCode::Invalid, std::string(pointer) + ": is no text");
  return {};
}

Result<void> check_title(const std::string& title) {
  if (trim(title).empty()) return fail(ErrorCode::Invalid, "/title: is empty");
  return check_text(title, "/title", kMaxTitle);
}

Severity severity_of(const IncidentSettings& settings, const Incident& incident) {
  return settings.matrix.at(static_cast<std::size_t>(incident.impact)).at(static_cast<std::size_t>(incident.urgency));
}

/// The first time that somebody takes it.
void acknowledge(Incident& incident, Timestamp now) {
  if (!incident.acknowledged) incident.acknowledged = now;
}

Result<void> set_text(const std::optional<std::string>& from, std::string& to, std::string_view pointer,
                      json::object& detail) {
  if (!from || *from == to) return {};
  WD_TRY(check_text(*from, pointer));
  to = *from;
  detail[pointer.substr(1)] = true;  // that it was changed; the text is in the incident
  return {};
}

Result<void> set_people(const IncidentChange& change, Incident& incident, json::object& detail, Timestamp now) {
  // Also to who has it already: the rota gave it to them, and now they take it.
  if (change.assignee) {
    if (!change.assignee->empty()) WD_TRY(parse_id<UserId>(*change.assignee).in("/assignee"));
    incident.assignee = *change.assignee;
    if (!incident.assignee.empty()) acknowledge(incident, now);
    detail["assignee"] = incident.assignee;
  }
  if (!change.roles) return {};
  json::object roles;
  for (const auto& [role, user] : *change.roles) {
    if (std::ranges::find(kRoles, role) == kRoles.end())
      return fail(ErrorCode::Invalid, "/roles/" + role + ": there is no such role");
    WD_TRY(parse_id<UserId>(user).in("/roles/" + role));
    roles[role] = user;
  }
  incident.roles = *change.roles;
  detail["roles"] = std::move(roles);
  return {};
}

/// The queue's place behind an incident: "<closed>|<severity, reversed>|<time>|<id>".
struct QueuePlace {
  std::int64_t closed = -1;
  std::int64_t severity = 0;
  std::int64_t time = 0;
  std::string id;
};

QueuePlace place_of(const Incident& incident) {
  const bool is_closed = incident.state == IncidentState::Closed;
  if (is_closed) return {1, 0, -to_micros(incident.declared), incident.id.text()};
  return {0, -static_cast<std::int64_t>(incident.severity), to_micros(incident.declared), incident.id.text()};
}

Result<QueuePlace> read_place(std::string_view cursor) {
  if (cursor.empty()) return QueuePlace{};
  const std::string key = WD_TRY(key_of_cursor(cursor));
  const auto parts = split(key, '|');
  if (parts.size() != 4) return fail(ErrorCode::Invalid, "cursor: not one of this list");
  const auto closed = parse_integer<std::int64_t>(parts[0]);
  const auto severity = parse_integer<std::int64_t>(parts[1]);
  const auto time = parse_integer<std::int64_t>(parts[2]);
  if (!closed || !severity || !time) return fail(ErrorCode::Invalid, "cursor: not one of this list");
  return QueuePlace{*closed, *severity, *time, std::string(parts[3])};
}

}  // namespace

std::span<const std::string_view> incident_roles() noexcept {
  return kRoles;
}

Result<std::vector<IncidentLink>> Incidents::snapshots(const TenantScope& scope, const IncidentDraft& draft,
                                                       Timestamp& occurred) {
  if (draft.events.size() + draft.alerts.size() > kMaxLinks) return fail(ErrorCode::TooLarge, "/events: too many");
  std::vector<IncidentLink> links;
  for (const EventId& id : draft.events) {
    const StoredEvent stored = WD_TRY(events_.find(scope, id).in("/events"));
    occurred = std::min(occurred, stored.event.time);
    json::object fields;
    for (const auto& [key, value] : stored.event.fields)
      std::visit([&fields, &key = key](const auto& each) { fields[key] = each; }, value);
    links.push_back({"event",
                     id.text(),
                     {{"time", to_rfc3339(stored.event.time)},
                      {"type", stored.event.type},
                      {"severity", name(stored.event.severity)},
                      {"host", stored.host},
                      {"agent", stored.agent ? json::value(stored.agent->text()) : json::value()},
                      {"rule", stored.event.rule},
                      {"fields", std::move(fields)}}});
  }
  for (const std::string& alert : draft.alerts) {
    WD_TRY(check_text(alert, "/alerts", 100));
    links.push_back({"alert", alert, {}});
  }
  return links;
}

Result<Incident> Incidents::declare(const TenantScope& scope, const IncidentDraft& draft) {
  WD_TRY(check_title(draft.title));
  WD_TRY(check_text(draft.description, "/description"));
  WD_TRY(check_text(draft.skill, "/skill", kMaxSkill));
  const Timestamp now = clock_.now();
  Incident incident;
  incident.id = make_id<IncidentId>(now);
  incident.title = draft.title;
  incident.description = draft.description;
  incident.impact = draft.impact;
  incident.urgency = draft.urgency;
  incident.skill = draft.skill;
  incident.declared_by = scope.actor();
  incident.declared = incident.occurred = now;
  const auto links = WD_TRY(snapshots(scope, draft, incident.occurred));
  incident.severity = severity_of(WD_TRY(settings(scope)), incident);
  {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    auto tx = WD_TRY(Tx::begin(*db));
    const auto last = WD_TRY(read_row(*db, "SELECT COALESCE(max(number), 0) FROM incidents", {},
                                      [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
    incident.number = last.value_or(0) + 1;
    WD_TRY(write_incident(*db, incident));
    for (const IncidentLink& link : links) {
      WD_TRY(
          db->execute("INSERT INTO incident_links (incident, kind, id, snapshot) VALUES (?1, ?2, ?3, ?4) "
                      "ON CONFLICT (incident, kind, id) DO NOTHING",
                      {incident.id.text(), link.kind, link.id, json::serialize(link.snapshot)}));
    }
    WD_TRY(append(*db, scope, incident, {"declared", incident.title, {{"severity", name(incident.severity)}}}));
    WD_TRY(tx.commit());
  }
  // What fails here is done by keep_up(): the incident is there, whatever becomes of the notices.
  const auto told = tell(scope, incident);
  return told ? told : Result<Incident>(std::move(incident));
}

Result<Incident> Incidents::find(const TenantScope& scope, const IncidentId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return find_incident(*db, id);
}

Result<Page<Incident>> Incidents::list(const TenantScope& scope, const PageRequest& page,
                                       const IncidentSelection& which) {
  const QueuePlace after = WD_TRY(read_place(page.cursor));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  // The queue's order as three numbers: see place_of().
  auto items = WD_TRY(read_rows(
      *db,
      "SELECT " + std::string(kIncidentColumns) +
          " FROM (SELECT incidents.*, CASE WHEN state = 5 THEN 1 ELSE 0 END AS "
          "a, CASE WHEN state = 5 THEN 0 ELSE -severity END AS b, CASE WHEN state = 5 THEN -declared ELSE declared END "
          "AS c "
          "FROM incidents) AS queue WHERE (a > ?1 OR (a = ?1 AND (b > ?2 OR (b = ?2 AND (c > ?3 OR (c = ?3 AND id > "
          "?4)))))) AND (?6 < 0 OR state = ?6) AND a <= ?7 AND severity >= ?8 ORDER BY a, b, c, id LIMIT ?5",
      {after.closed, after.severity, after.time, after.id, static_cast<std::int64_t>(page.limit) + 1,
       which.state ? static_cast<std::int64_t>(*which.state) : -1, std::int64_t{which.is_active_only ? 0 : 1},
       static_cast<std::int64_t>(which.least.value_or(Severity::Info))},
      read_incident));
  Page<Incident> found;
  if (items.size() > page.limit) {
    items.resize(page.limit);
    const QueuePlace last = place_of(items.back());
    found.next_cursor = cursor_of(std::to_string(last.closed) + "|" + std::to_string(last.severity) + "|" +
                                  std::to_string(last.time) + "|" + last.id);
  }
  found.items = std::move(items);
  return found;
}

Result<Incident> Incidents::edit(const TenantScope& scope, const IncidentId& id, std::string_view etag,
                                 const std::function<Result<Step>(Db&, Incident&)>& apply) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  Incident incident = WD_TRY(find_incident(*db, id));
  WD_TRY(check_etag(etag, etag_text(incident)));
  Step step = WD_TRY(apply(*db, incident));
  ++incident.version;
  WD_TRY(write_incident(*db, incident));
  WD_TRY(append(*db, scope, incident, std::move(step)));
  WD_TRY(tx.commit());
  return incident;
}

Result<Incident> Incidents::change(const TenantScope& scope, const IncidentId& id, std::string_view etag,
                                   const IncidentChange& change) {
  const IncidentSettings rules = WD_TRY(settings(scope));
  const Timestamp now = clock_.now();
  return edit(scope, id, etag, [&](Db&, Incident& incident) -> Result<Step> {
    if (incident.state == IncidentState::Closed) return fail(ErrorCode::Conflict, "the incident is closed; reopen it");
    json::object detail;
    if (change.title) WD_TRY(check_title(*change.title));
    WD_TRY(set_text(change.title, incident.title, "/title", detail));
    WD_TRY(set_text(change.description, incident.description, "/description", detail));
    WD_TRY(set_text(change.root_cause, incident.closing.root_cause, "/root_cause", detail));
    WD_TRY(set_text(change.corrective_action, incident.closing.corrective_action, "/corrective_action", detail));
    if (change.plan_review) {
      WD_TRY(set_text(change.plan_review, incident.closing.plan_review, "/plan_review", detail));
      incident.closing.plan_reviewed_by = scope.actor();
      incident.closing.plan_reviewed = now;
    }
    WD_TRY(set_people(change, incident, detail, now));
    if (change.impact || change.urgency) {
      incident.impact = change.impact.value_or(incident.impact);
      incident.urgency = change.urgency.value_or(incident.urgency);
      incident.severity = severity_of(rules, incident);
      detail["severity"] = name(incident.severity);
    }
    return Step{"changed", {}, std::move(detail)};
  });
}

Result<Incident> Incidents::move(const TenantScope& scope, const IncidentId& id, IncidentState to,
                                 const std::string& note) {
  WD_TRY(check_text(note, "/note"));
  const Timestamp now = clock_.now();
  return edit(scope, id, "*", [&](Db&, Incident& incident) -> Result<Step> {
    WD_TRY(check_move(incident.state, to, incident.closing));
    const IncidentState from = std::exchange(incident.state, to);
    acknowledge(incident, now);
    if (to >= IncidentState::Contained && to != IncidentState::Closed && !incident.contained) incident.contained = now;
    incident.closed = to == IncidentState::Closed ? std::optional(now) : std::nullopt;
    if (from == IncidentState::Closed) {
      incident.closing.plan_review.clear();
      incident.closing.plan_reviewed_by.clear();
      incident.closing.plan_reviewed.reset();
    }
    return Step{"state", note, {{"from", name(from)}, {"to", name(to)}}};
  });
}

Result<Incident> Incidents::note(const TenantScope& scope, const IncidentId& id, const std::string& text) {
  if (trim(text).empty()) return fail(ErrorCode::Invalid, "/text: is empty");
  WD_TRY(check_text(text, "/text"));
  return edit(scope, id, "*", [&](Db&, Incident&) -> Result<Step> { return Step{"note", text, {}}; });
}

Result<Incident> Incidents::mark_breach(const TenantScope& scope, const IncidentId& id, Timestamp aware) {
  if (aware > clock_.now()) return fail(ErrorCode::Invalid, "/aware: is not yet");
  return edit(scope, id, "*", [&](Db&, Incident& incident) -> Result<Step> {
    if (incident.breach) return fail(ErrorCode::Conflict, "it is marked as a breach of personal data already");
    incident.breach = Breach{aware, {}, {}};
    return Step{"breach", {}, {{"aware", to_rfc3339(aware)}}};
  });
}

Result<Incident> Incidents::note_notified(const TenantScope& scope, const IncidentId& id, Timestamp when,
                                          const std::string& delay_reason) {
  WD_TRY(check_text(delay_reason, "/delay_reason"));
  if (when > clock_.now()) return fail(ErrorCode::Invalid, "/notified: is not yet");
  return edit(scope, id, "*", [&](Db&, Incident& incident) -> Result<Step> {
    if (!incident.breach) return fail(ErrorCode::Conflict, "it is not marked as a breach of personal data");
    if (incident.breach->notified) return fail(ErrorCode::Conflict, "the notification is noted already");
    if (when < incident.breach->aware) return fail(ErrorCode::Invalid, "/notified: is before anybody was aware");
    const bool is_late = when > incident.breach->aware + kBreachTime;
    if (is_late && trim(delay_reason).empty())
      return fail(ErrorCode::Invalid, "/delay_reason: after 72 hours, Art. 33(1) takes the reasons for the delay");
    incident.breach->notified = when;
    incident.breach->delay_reason = delay_reason;
    return Step{"breach", {}, {{"notified", to_rfc3339(when)}, {"late", is_late}}};
  });
}

}  // namespace warder::manager
