#include "manager/incidents/incident_rows.h"

#include "base/json.h"
#include "manager/identity/rows.h"

namespace warder::manager {
namespace {

std::string roles_text(const std::map<std::string, std::string>& roles) {
  json::object object;
  for (const auto& [role, user] : roles) object[role] = user;
  return json::serialize(object);
}

Result<std::map<std::string, std::string>> read_roles(const std::string& text) {
  std::map<std::string, std::string> roles;
  const json::value value = WD_TRY(parse_json(text));
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "incident: roles");
  for (const auto& [role, user] : value.get_object())
    if (user.is_string()) roles[std::string(role)] = std::string(std::string_view(user.get_string()));
  return roles;
}

}  // namespace

Result<Incident> read_incident(const Row& row) {
  Incident incident;
  int at = 0;
  const auto text = [&] { return row.text(at++); };
  const auto number = [&] { return row.integer(at++); };
  const auto time = [&] { return from_micros(row.integer(at++)); };
  const auto maybe = [&] { return optional_time_at(row, at++); };
  incident.id = WD_TRY(parse_id<IncidentId>(text()));
  incident.number = number();
  incident.title = text();
  incident.description = text();
  incident.impact = static_cast<Grade>(number());
  incident.urgency = static_cast<Grade>(number());
  incident.severity = static_cast<Severity>(number());
  incident.state = static_cast<IncidentState>(number());
  incident.declared_by = text();
  incident.assignee = text();
  incident.roles = WD_TRY(read_roles(text()));
  incident.occurred = time();
  incident.declared = time();
  incident.told = maybe();
  incident.acknowledged = maybe();
  incident.contained = maybe();
  incident.closed = maybe();
  incident.closing.root_cause = text();
  incident.closing.corrective_action = text();
  incident.closing.plan_review = text();
  incident.closing.plan_reviewed_by = text();
  incident.closing.plan_reviewed = maybe();
  const auto aware = maybe();
  const auto notified = maybe();
  const std::string reason = text();
  if (aware) incident.breach = Breach{*aware, notified, reason};
  incident.skill = text();
  incident.level = number();
  incident.version = number();
  return incident;
}

Result<void> write_incident(Db& db, const Incident& incident) {
  const Breach breach = incident.breach.value_or(Breach{});
  WD_TRY(db.execute("DELETE FROM incidents WHERE id = ?1", {incident.id.text()}));
  WD_TRY(db.execute(
      "INSERT INTO incidents (" + std::string(kIncidentColumns) +
          ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, "
          "?22, ?23, ?24, ?25, ?26, ?27, ?28)",
      {incident.id.text(),
       incident.number,
       incident.title,
       incident.description,
       static_cast<std::int64_t>(incident.impact),
       static_cast<std::int64_t>(incident.urgency),
       static_cast<std::int64_t>(incident.severity),
       static_cast<std::int64_t>(incident.state),
       incident.declared_by,
       incident.assignee,
       roles_text(incident.roles),
       to_micros(incident.occurred),
       to_micros(incident.declared),
       time_or_null(incident.told),
       time_or_null(incident.acknowledged),
       time_or_null(incident.contained),
       time_or_null(incident.closed),
       incident.closing.root_cause,
       incident.closing.corrective_action,
       incident.closing.plan_review,
       incident.closing.plan_reviewed_by,
       time_or_null(incident.closing.plan_reviewed),
       incident.breach ? DbValue{to_micros(breach.aware)} : DbValue{nullptr},
       time_or_null(breach.notified),
       breach.delay_reason,
       incident.skill,
       incident.level,
       incident.version}));
  return {};
}

Result<Incident> find_incident(Db& db, const IncidentId& id) {
  const auto found = WD_TRY(read_row(db, "SELECT " + std::string(kIncidentColumns) + " FROM incidents WHERE id = ?1",
                                     {id.text()}, read_incident));
  if (!found) return fail(ErrorCode::NotFound, "no such incident");
  return *found;
}

}  // namespace warder::manager
