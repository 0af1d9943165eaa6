// To whom an incident is given: who is on call and has the skill, and further levels while nobody has acknowledged it.
#include "base/json.h"
#include "base/text.h"
#include "manager/identity/rows.h"
#include "manager/incidents/incident_notice.h"
#include "manager/incidents/incident_rows.h"

namespace warder::manager {
namespace {

Result<std::vector<Incident>> incidents_where(Db& db, std::string_view condition) {
  return read_rows(
      db, "SELECT " + std::string(kIncidentColumns) + " FROM incidents WHERE " + std::string(condition) + " LIMIT 100",
      {}, read_incident);
}

/// A moment for the levels is the one when the first was told.
std::size_t level_due(const Rota& rota, const Incident& incident, Timestamp now) {
  return level_after(rota, std::chrono::floor<std::chrono::seconds>(now - *incident.told));
}

}  // namespace

Result<std::optional<OnCall>> Incidents::on_call(const TenantScope& scope, const std::string& rota,
                                                 const std::string& skill) {
  if (rota.empty()) return std::optional<OnCall>{};
  auto found = rotas_.on_call_with(scope, WD_TRY(parse_id<RotaId>(rota)), skill, clock_.now());
  if (found) return std::optional<OnCall>{std::move(*found)};
  if (found.error().code == ErrorCode::NotFound) return std::optional<OnCall>{};
  return fail(std::move(found.error()));
}

Result<void> Incidents::give(Db& db, const TenantScope& scope, Incident& incident, const OnCall& person,
                             std::string_view step) {
  const bool is_escalated = step == "escalated";
  incident.assignee = person.user.text();
  ++incident.version;
  WD_TRY(notices_.put(db, {person.channel, {person.user}},
                      incident_notice(incident, is_escalated ? IncidentNews::Escalated : IncidentNews::Assigned)));
  Step line{std::string(step), {}, {{"user", incident.assignee}}};
  if (is_escalated)
    line.detail["level"] = incident.level;
  else
    line.detail["skill"] = incident.skill;
  return append(db, scope, incident, std::move(line));
}

Result<Incident> Incidents::assign(const TenantScope& scope, const IncidentId& id,
                                   const std::optional<std::string>& rota, const std::optional<std::string>& skill) {
  if (skill && (skill->size() > kMaxSkill || !is_utf8(*skill)))
    return fail(ErrorCode::Invalid, "/skill: is too long or no text");
  const std::string wanted = skill ? *skill : WD_TRY(find(scope, id)).skill;
  const std::string from = rota ? *rota : WD_TRY(settings(scope)).rota;
  const auto person = WD_TRY(on_call(scope, from, wanted));
  if (!person && rota && !rota->empty()) return fail(ErrorCode::Invalid, "/rota: there is no such rota");
  if (!person) return fail(ErrorCode::Conflict, "/rota: there is none, and the settings of incidents name none");
  const Timestamp now = clock_.now();
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  Incident incident = WD_TRY(find_incident(*db, id));
  if (incident.state == IncidentState::Closed) return fail(ErrorCode::Conflict, "the incident is closed; reopen it");
  incident.skill = wanted;
  if (!incident.acknowledged) incident.acknowledged = now;
  WD_TRY(give(*db, scope, incident, *person, "assigned"));
  WD_TRY(write_incident(*db, incident));
  WD_TRY(tx.commit());
  return incident;
}

Result<void> Incidents::escalate(const TenantScope& scope, const Incident& incident, const Rota& rota) {
  const Timestamp now = clock_.now();
  const auto due = static_cast<std::int64_t>(level_due(rota, incident, now));
  for (std::int64_t level = incident.level + 1; level <= due; ++level) {
    const OnCall person = WD_TRY(rotas_.on_call_at(scope, rota.id, static_cast<std::size_t>(level), now));
    auto db = WD_TRY(tenants_.config(scope).acquire());
    auto tx = WD_TRY(Tx::begin(*db));
    Incident current = WD_TRY(find_incident(*db, incident.id));
    // Another manager was faster, or somebody has taken it.
    if (current.level >= level || current.acknowledged) return {};
    current.level = level;
    WD_TRY(give(*db, scope, current, person, "escalated"));
    WD_TRY(write_incident(*db, current));
    WD_TRY(tx.commit());
  }
  return {};
}

Result<void> Incidents::keep_up(const TenantScope& scope) {
  std::vector<Incident> untold;
  std::vector<Incident> unacknowledged;
  {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    untold = WD_TRY(incidents_where(*db, "told IS NULL"));
    unacknowledged =
        WD_TRY(incidents_where(*db, "told IS NOT NULL AND acknowledged IS NULL AND state = 0 ORDER BY declared"));
  }
  for (const Incident& incident : untold) WD_TRY(tell(scope, incident));
  if (unacknowledged.empty()) return {};
  const std::string id = WD_TRY(settings(scope)).rota;
  if (id.empty()) return {};
  const auto rota = rotas_.find(scope, WD_TRY(parse_id<RotaId>(id)));
  if (!rota) return rota.error().code == ErrorCode::NotFound ? Result<void>{} : fail(rota.error());
  for (const Incident& incident : unacknowledged) WD_TRY(escalate(scope, incident, *rota));
  return {};
}

}  // namespace warder::manager
