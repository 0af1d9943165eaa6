// Who is told, by which rules, and how long things take.
#include <algorithm>

#include "base/json.h"
#include "manager/events/own_event.h"
#include "manager/identity/rows.h"
#include "manager/incidents/incident_notice.h"
#include "manager/incidents/incident_rows.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxChannels = 20;
constexpr std::int64_t kMostMeasured = 10'000;

/// The same for the same incident, whoever makes it and how often: the event store takes it once.
Event declared_event(const Incident& incident) {
  Event event = make_own_event(incident.declared, "incident.declared", incident.severity);
  event.id = repeatable_id(incident.declared, "incident.declared " + incident.id.text());
  event.action = Action::Logged;
  event.set("incident.id", incident.id.text());
  event.set("incident.number", incident.number);
  event.set("incident.title", incident.title);
  return event;
}

Result<IncidentSettings> read_settings(const std::string& text) {
  const json::value value = WD_TRY(parse_json(text));
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "settings of incidents");
  const json::object& object = value.get_object();
  IncidentSettings settings;
  const json::array& rows = *WD_TRY(get_array(object, "matrix"));
  for (std::size_t i = 0; i < settings.matrix.size() && i < rows.size(); ++i) {
    if (!rows[i].is_array()) return fail(ErrorCode::Corrupt, "settings of incidents");
    for (std::size_t j = 0; j < settings.matrix[i].size() && j < rows[i].get_array().size(); ++j) {
      const json::value& cell = rows[i].get_array()[j];
      if (!cell.is_string()) return fail(ErrorCode::Corrupt, "settings of incidents");
      settings.matrix.at(i).at(j) = WD_TRY(parse_severity(std::string_view(cell.get_string())));
    }
  }
  for (const json::value& channel : *WD_TRY(get_array(object, "channels")))
    if (channel.is_string()) settings.channels.emplace_back(std::string_view(channel.get_string()));
  if (const json::value* rota = object.if_contains("rota"); rota != nullptr && rota->is_string())
    settings.rota = std::string(std::string_view(rota->get_string()));
  return settings;
}

}  // namespace

json::object settings_json(const IncidentSettings& settings) {
  json::array matrix;
  for (const auto& row : settings.matrix) {
    json::array cells;
    for (const Severity severity : row) cells.emplace_back(name(severity));
    matrix.push_back(std::move(cells));
  }
  json::array channels;
  for (const std::string& channel : settings.channels) channels.emplace_back(channel);
  return {{"matrix", std::move(matrix)},
          {"channels", std::move(channels)},
          {"rota", settings.rota.empty() ? json::value() : json::value(settings.rota)}};
}

Result<IncidentSettings> Incidents::settings(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto found = WD_TRY(read_row(*db, "SELECT settings FROM incident_settings", {},
                                     [](const Row& row) -> Result<std::string> { return row.text(0); }));
  return found ? read_settings(*found) : IncidentSettings{};
}

Result<IncidentSettings> Incidents::change_settings(const TenantScope& scope, const IncidentSettings& settings) {
  if (settings.channels.size() > kMaxChannels) return fail(ErrorCode::TooLarge, "/channels: too many");
  for (const std::string& channel : settings.channels) WD_TRY(parse_id<NoticeChannelId>(channel).in("/channels"));
  if (!settings.rota.empty()) {
    const auto known = rotas_.find(scope, WD_TRY(parse_id<RotaId>(settings.rota).in("/rota")));
    if (!known)
      return fail(known.error().code == ErrorCode::NotFound ? ErrorCode::Invalid : known.error().code,
                  "/rota: " + known.error().message);
  }
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  AuditRecord record;
  record.action = "incident.settings";
  record.object = "incident:settings";
  record.detail = settings_json(settings);
  WD_TRY(
      db->execute("INSERT INTO incident_settings (one, settings) VALUES (1, ?1) "
                  "ON CONFLICT (one) DO UPDATE SET settings = excluded.settings",
                  {json::serialize(record.detail)}));
  WD_TRY(audit_.append_in(*db, scope, std::move(record)));
  WD_TRY(tx.commit());
  return settings;
}

Result<void> Incidents::put_notices(Db& db, const Incident& incident, const IncidentSettings& settings) {
  for (const std::string& channel : settings.channels)
    WD_TRY(notices_.put(db, {WD_TRY(parse_id<NoticeChannelId>(channel)), {}},
                        incident_notice(incident, IncidentNews::Declared)));
  return {};
}

Result<Incident> Incidents::tell(const TenantScope& scope, const Incident& incident) {
  const IncidentSettings rules = WD_TRY(settings(scope));
  WD_TRY(events_.record(scope, declared_event(incident)));
  const auto person = WD_TRY(on_call(scope, rules.rota, incident.skill));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  Incident now = WD_TRY(find_incident(*db, incident.id));
  if (now.told) return now;
  now.told = clock_.now();
  WD_TRY(put_notices(*db, now, rules));
  if (person && now.assignee.empty()) WD_TRY(give(*db, scope, now, *person, "assigned"));
  WD_TRY(write_incident(*db, now));
  WD_TRY(tx.commit());
  return now;
}

Result<std::map<Severity, IncidentTimes>> Incidents::times(const TenantScope& scope, Timestamp since) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto all = WD_TRY(read_rows(*db,
                                    "SELECT " + std::string(kIncidentColumns) +
                                        " FROM incidents WHERE declared >= ?1 ORDER BY declared DESC LIMIT ?2",
                                    {to_micros(since), kMostMeasured}, read_incident));
  std::map<Severity, IncidentTimes> times;
  for (const Incident& each : all) {
    IncidentTimes& of = times[each.severity];
    ++of.incidents;
    if (each.state != IncidentState::Closed) ++of.open;
    const auto measure = [&of](const char* what, Timestamp from, const std::optional<Timestamp>& to) {
      if (to) of.seconds[what].push_back(std::chrono::floor<std::chrono::seconds>(*to - from).count());
    };
    measure("notify", each.occurred, each.told);
    measure("acknowledge", each.declared, each.acknowledged);
    measure("contain", each.declared, each.contained);
    measure("close", each.declared, each.closed);
  }
  for (auto& [severity, of] : times)
    for (auto& [what, seconds] : of.seconds) std::ranges::sort(seconds);
  return times;
}

}  // namespace warder::manager
