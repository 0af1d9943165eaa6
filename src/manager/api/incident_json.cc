#include "manager/api/incident_json.h"

namespace warder::manager {
namespace {

json::value time_or_null(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value();
}

json::value seconds_between(Timestamp from, const std::optional<Timestamp>& to) {
  if (!to) return nullptr;
  return std::chrono::floor<std::chrono::seconds>(*to - from).count();
}

json::value breach_json(const Incident& incident, Timestamp now) {
  if (!incident.breach) return nullptr;
  const Breach& breach = *incident.breach;
  return json::object{{"aware", to_rfc3339(breach.aware)},
                      {"due", to_rfc3339(breach.aware + kBreachTime)},
                      {"clock", name(breach_clock(breach.aware, breach.notified, now))},
                      {"notified", time_or_null(breach.notified)},
                      {"delay_reason", breach.delay_reason}};
}

}  // namespace

json::object incident_json(const Incident& incident, Timestamp now) {
  json::object roles;
  for (const auto& [role, user] : incident.roles) roles[role] = user;
  const ClosingWords& closing = incident.closing;
  return {{"id", incident.id.text()},
          {"number", incident.number},
          {"title", incident.title},
          {"description", incident.description},
          {"impact", name(incident.impact)},
          {"urgency", name(incident.urgency)},
          {"severity", name(incident.severity)},
          {"state", name(incident.state)},
          {"declared_by", incident.declared_by},
          {"assignee", incident.assignee},
          {"skill", incident.skill},
          {"roles", std::move(roles)},
          {"occurred", to_rfc3339(incident.occurred)},
          {"declared", to_rfc3339(incident.declared)},
          {"told", time_or_null(incident.told)},
          {"acknowledged", time_or_null(incident.acknowledged)},
          {"contained", time_or_null(incident.contained)},
          {"closed", time_or_null(incident.closed)},
          {"seconds", json::object{{"notify", seconds_between(incident.occurred, incident.told)},
                                   {"acknowledge", seconds_between(incident.declared, incident.acknowledged)},
                                   {"contain", seconds_between(incident.declared, incident.contained)},
                                   {"close", seconds_between(incident.declared, incident.closed)}}},
          {"root_cause", closing.root_cause},
          {"corrective_action", closing.corrective_action},
          {"plan_review", closing.plan_review},
          {"plan_reviewed_by", closing.plan_reviewed_by},
          {"plan_reviewed", time_or_null(closing.plan_reviewed)},
          {"breach", breach_json(incident, now)},
          {"etag", "\"" + std::to_string(incident.version) + "\""}};
}

json::object timeline_json(const TimelineEntry& entry) {
  return {{"number", entry.number}, {"time", to_rfc3339(entry.time)}, {"actor", entry.actor}, {"kind", entry.kind},
          {"text", entry.text},     {"detail", entry.detail}};
}

json::object task_json(const IncidentTask& task) {
  return {{"id", task.id},
          {"title", task.title},
          {"assignee", task.assignee},
          {"created", to_rfc3339(task.created)},
          {"done", time_or_null(task.done)}};
}

json::object link_json(const IncidentLink& link) {
  return {{"kind", link.kind}, {"id", link.id}, {"snapshot", link.snapshot}};
}

json::object times_json(Severity severity, const IncidentTimes& times) {
  json::object measured;
  for (const auto& [what, seconds] : times.seconds) {
    if (seconds.empty()) continue;
    measured[what] = json::object{{"incidents", static_cast<std::int64_t>(seconds.size())},
                                  {"median", seconds[seconds.size() / 2]},
                                  {"most", seconds.back()}};
  }
  return {{"severity", name(severity)},
          {"incidents", times.incidents},
          {"open", times.open},
          {"seconds", std::move(measured)}};
}

json::object evidence_json(const EvidenceItem& item) {
  return {{"id", item.id},
          {"name", item.name},
          {"kind", item.kind},
          {"taken_by", item.taken_by},
          {"taken", to_rfc3339(item.taken)},
          {"bytes", item.bytes},
          {"sha256", item.sha256}};
}

json::object custody_json(const CustodyEntry& entry) {
  return {{"time", to_rfc3339(entry.time)}, {"actor", entry.actor}, {"action", entry.action},
          {"subject", entry.subject},       {"note", entry.note},   {"hash", entry.hash}};
}

json::object affected_json(const Affected& affected) {
  json::array fields;
  for (const auto& [key, field] : affected.fields) {
    fields.push_back(json::object{
        {"field", key}, {"personal_data", field.personal_data}, {"events", field.events}, {"values", field.values}});
  }
  return {{"events", affected.events},
          {"with_personal_data", affected.with_personal_data},
          {"persons", affected.persons},
          {"fields", std::move(fields)},
          {"complete", affected.is_complete}};
}

json::object affected_tenants_json(const AffectedTenants& all) {
  json::array tenants;
  for (const TenantAffected& each : all.tenants) {
    tenants.push_back(json::object{{"tenant_id", each.tenant.text()},
                                   {"name", each.name},
                                   {"events", each.counted.events},
                                   {"with_personal_data", each.counted.with_personal_data},
                                   {"persons", each.counted.persons},
                                   {"complete", each.counted.is_complete && each.error.empty()},
                                   {"error", each.error.empty() ? json::value() : json::value(each.error)}});
  }
  return {{"tenants", std::move(tenants)},
          {"affected", all.affected},
          {"records", all.records},
          {"persons", all.persons},
          {"complete", all.is_complete}};
}

}  // namespace warder::manager
