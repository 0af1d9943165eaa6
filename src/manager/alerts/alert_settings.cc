#include "manager/alerts/alert_settings.h"

#include <algorithm>

#include "base/json.h"
#include "manager/identity/rows.h"
#include "manager/policies/sql.h"

namespace warder::manager {

struct AlertSettings::Stored {
  std::string id;
  std::string name;
  json::object body;
  std::int64_t version = 1;
};

namespace {

constexpr std::string_view kRule = "rule";
constexpr std::string_view kRoute = "route";
constexpr std::string_view kSilence = "silence";
constexpr std::string_view kHeartbeat = "heartbeat";
constexpr std::chrono::hours kSilenceKept{24 * 90};

std::string etag_text(std::int64_t version) {
  return "\"" + std::to_string(version) + "\"";
}

Result<void> check_name_free(Db& db, std::string_view kind, std::string_view name, std::string_view own_id) {
  if (name.empty() || name.size() > 200) return fail(ErrorCode::Invalid, "/name: is empty or too long");
  const auto taken = WD_TRY(read_row(db, "SELECT 1 FROM alert_settings WHERE kind = ?1 AND name = ?2 AND id <> ?3",
                                     {std::string(kind), std::string(name), std::string(own_id)},
                                     [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
  if (taken) return fail(ErrorCode::Conflict, "/name: is taken");
  return {};
}

template <class Item, class Stored>
Item named(const Stored& stored) {
  Item item;
  item.id = stored.id;
  item.name = stored.name;
  item.version = stored.version;
  return item;
}

template <class Stored>
Result<AlertRule> rule_of(const Stored& stored, const AlertRule* base) {
  AlertRule rule = base == nullptr ? named<AlertRule>(stored) : *base;
  rule.version = stored.version;
  WD_TRY(read_rule(stored.body, rule));
  return rule;
}
template <class Stored>
Result<AlertRoute> route_of(const Stored& stored) {
  auto route = named<AlertRoute>(stored);
  WD_TRY(read_route(stored.body, route));
  return route;
}
template <class Stored>
Result<AlertSilence> silence_of(const Stored& stored) {
  auto silence = named<AlertSilence>(stored);
  WD_TRY(read_silence(stored.body, silence));
  return silence;
}
template <class Stored>
Result<AlertHeartbeat> heartbeat_of(const Stored& stored) {
  auto heartbeat = named<AlertHeartbeat>(stored);
  WD_TRY(read_heartbeat(stored.body, heartbeat));
  return heartbeat;
}

/// The name of a body that is changed, if it brings one.
std::string name_in(const json::object& body, const std::string& otherwise) {
  const json::value* const name = find(body, "name");
  return name != nullptr && name->is_string() ? std::string(name->get_string()) : otherwise;
}

}  // namespace

const AlertRule* AlertSettings::of_catalogue(std::string_view id) const {
  const auto found = std::ranges::find(catalogue_, id, &AlertRule::id);
  return found == catalogue_.end() ? nullptr : &*found;
}

Result<std::vector<AlertSettings::Stored>> AlertSettings::list(const TenantScope& scope, std::string_view kind) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto read = [](const Row& row) -> Result<Stored> {
    const json::value body = WD_TRY(parse_json(row.text(2)).in("alert_settings"));
    if (!body.is_object()) return fail(ErrorCode::Corrupt, "alert_settings");
    return Stored{row.text(0), row.text(1), body.get_object(), row.integer(3)};
  };
  return read_rows(*db, "SELECT id, name, body, version FROM alert_settings WHERE kind = ?1 ORDER BY name, id",
                   {std::string(kind)}, read);
}

Result<AlertSettings::Stored> AlertSettings::find(Db& db, std::string_view kind, std::string_view id) const {
  const auto read = [](const Row& row) -> Result<Stored> {
    const json::value body = WD_TRY(parse_json(row.text(2)).in("alert_settings"));
    if (!body.is_object()) return fail(ErrorCode::Corrupt, "alert_settings");
    return Stored{row.text(0), row.text(1), body.get_object(), row.integer(3)};
  };
  auto found = WD_TRY(read_row(db, "SELECT id, name, body, version FROM alert_settings WHERE kind = ?1 AND id = ?2",
                               {std::string(kind), std::string(id)}, read));
  if (!found) return fail(ErrorCode::NotFound, "there is no such " + std::string(kind));
  return std::move(*found);
}

Result<AlertSettings::Stored> AlertSettings::insert(const TenantScope& scope, std::string_view kind,
                                                    std::string_view id, std::string_view name,
                                                    const json::object& body) {
  Stored made{std::string(id), std::string(name), body, 1};
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(check_name_free(*db, kind, name, id));
  const auto count = WD_TRY(read_row(*db, "SELECT COUNT(*) FROM alert_settings WHERE kind = ?1", {std::string(kind)},
                                     [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
  if (*count >= static_cast<std::int64_t>(kMaxAlertSettings)) return fail(ErrorCode::Conflict, "there are too many");
  WD_TRY(
      db->execute("INSERT INTO alert_settings (kind, id, name, body, created, version) VALUES (?1, ?2, ?3, ?4, ?5, 1)",
                  {std::string(kind), made.id, made.name, json::serialize(body), to_micros(clock_.now())}));
  WD_TRY(record(*db, scope, kind, "create", made));
  WD_TRY(tx.commit());
  return made;
}

Result<AlertSettings::Stored> AlertSettings::replace(const TenantScope& scope, std::string_view kind,
                                                     std::string_view id, std::string_view etag,
                                                     const json::object& body) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  Stored stored = WD_TRY(find(*db, kind, id));
  WD_TRY(check_etag(etag, etag_text(stored.version)));
  stored.name = name_in(body, stored.name);
  stored.body = body;
  stored.body.erase("name");
  WD_TRY(check_name_free(*db, kind, stored.name, id));
  ++stored.version;
  WD_TRY(db->execute("UPDATE alert_settings SET name = ?3, body = ?4, version = ?5 WHERE kind = ?1 AND id = ?2",
                     {std::string(kind), stored.id, stored.name, json::serialize(stored.body), stored.version}));
  WD_TRY(record(*db, scope, kind, "update", stored));
  WD_TRY(tx.commit());
  return stored;
}

Result<void> AlertSettings::remove(const TenantScope& scope, std::string_view kind, std::string_view id,
                                   std::string_view etag) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const Stored stored = WD_TRY(find(*db, kind, id));
  WD_TRY(check_etag(etag, etag_text(stored.version)));
  WD_TRY(db->execute("DELETE FROM alert_settings WHERE kind = ?1 AND id = ?2", {std::string(kind), stored.id}));
  WD_TRY(record(*db, scope, kind, "delete", stored));
  return tx.commit();
}

Result<void> AlertSettings::record(Db& db, const TenantScope& scope, std::string_view kind, std::string_view verb,
                                   const Stored& stored) {
  AuditRecord record;
  record.action = "alert-" + std::string(kind) + "." + std::string(verb);
  record.object = "alert-" + std::string(kind) + ":" + stored.id;
  record.detail = {{"name", json::string(stored.name)}, {"body", stored.body}};
  WD_TRY(audit_.append_in(db, scope, std::move(record)));
  return {};
}

Result<std::vector<AlertRule>> AlertSettings::rules(const TenantScope& scope) {
  const auto stored = WD_TRY(list(scope, kRule));
  std::vector<AlertRule> rules = catalogue_;
  for (const Stored& each : stored) {
    const auto built_in = std::ranges::find(rules, each.id, &AlertRule::id);
    AlertRule rule = WD_TRY(rule_of(each, built_in == rules.end() ? nullptr : &*built_in));
    if (built_in == rules.end()) {
      rules.push_back(std::move(rule));
    } else {
      *built_in = std::move(rule);
    }
  }
  return rules;
}

Result<AlertRule> AlertSettings::rule(const TenantScope& scope, std::string_view id) {
  const AlertRule* const built_in = of_catalogue(id);
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto stored = find(*db, kRule, id);
  if (stored) return rule_of(*stored, built_in);
  if (stored.error().code == ErrorCode::NotFound && built_in != nullptr) return *built_in;
  return fail(stored.error());
}

Result<AlertRule> AlertSettings::add_rule(const TenantScope& scope, std::string_view name, const json::object& body) {
  AlertRule rule;
  WD_TRY(read_rule(body, rule));
  const Stored made = WD_TRY(insert(scope, kRule, make_id<EventId>(clock_.now()).text(), name, rule_to_json(rule)));
  return rule_of(made, nullptr);
}

// Of a rule of the catalogue only what differs is kept, so that a newer catalogue's texts and filters still arrive.
Result<AlertRule> AlertSettings::change_rule(const TenantScope& scope, std::string_view id, std::string_view etag,
                                             const json::object& body) {
  const AlertRule* const built_in = of_catalogue(id);
  AlertRule rule = WD_TRY(this->rule(scope, id));
  WD_TRY(check_etag(etag, etag_text(rule.version)));
  const bool is_first = rule.version == 0;
  WD_TRY(read_rule(body, rule));
  json::object kept = rule_to_json(rule);
  if (built_in != nullptr) {
    const json::object original = rule_to_json(*built_in);
    for (const auto& [key, value] : original)
      if (kept.at(key) == value) kept.erase(key);
  } else if (body.contains("name")) {
    kept["name"] = body.at("name");
  }
  const Stored stored = is_first ? WD_TRY(insert(scope, kRule, id, id, kept))
                                 : WD_TRY(replace(scope, kRule, id, etag_text(rule.version), kept));
  return rule_of(stored, built_in);
}

Result<void> AlertSettings::remove_rule(const TenantScope& scope, std::string_view id, std::string_view etag) {
  return remove(scope, kRule, id, etag);
}

Result<std::vector<AlertRoute>> AlertSettings::routes(const TenantScope& scope) {
  std::vector<AlertRoute> routes;
  for (const Stored& each : WD_TRY(list(scope, kRoute))) routes.push_back(WD_TRY(route_of(each)));
  return routes;
}

Result<AlertRoute> AlertSettings::route(const TenantScope& scope, std::string_view id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return route_of(WD_TRY(find(*db, kRoute, id)));
}

Result<AlertRoute> AlertSettings::add_route(const TenantScope& scope, std::string_view name, const json::object& body) {
  AlertRoute route;
  WD_TRY(read_route(body, route));
  return route_of(WD_TRY(insert(scope, kRoute, make_id<EventId>(clock_.now()).text(), name, to_json(route))));
}

Result<AlertRoute> AlertSettings::change_route(const TenantScope& scope, std::string_view id, std::string_view etag,
                                               const json::object& body) {
  AlertRoute route = WD_TRY(this->route(scope, id));
  WD_TRY(check_etag(etag, etag_text(route.version)));
  WD_TRY(read_route(body, route));
  json::object kept = to_json(route);
  if (body.contains("name")) kept["name"] = body.at("name");
  return route_of(WD_TRY(replace(scope, kRoute, id, etag_text(route.version), kept)));
}

Result<void> AlertSettings::remove_route(const TenantScope& scope, std::string_view id, std::string_view etag) {
  return remove(scope, kRoute, id, etag);
}

Result<std::vector<AlertSilence>> AlertSettings::silences(const TenantScope& scope) {
  std::vector<AlertSilence> silences;
  for (const Stored& each : WD_TRY(list(scope, kSilence))) {
    AlertSilence silence = WD_TRY(silence_of(each));
    if (silence.until + kSilenceKept > clock_.now()) silences.push_back(std::move(silence));
  }
  return silences;
}

Result<AlertSilence> AlertSettings::silence(const TenantScope& scope, std::string_view id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return silence_of(WD_TRY(find(*db, kSilence, id)));
}

Result<AlertSilence> AlertSettings::add_silence(const TenantScope& scope, std::string_view name,
                                                const json::object& body) {
  AlertSilence silence;
  silence.from = clock_.now();
  WD_TRY(read_silence(body, silence));
  silence.owner = scope.actor();
  return silence_of(WD_TRY(insert(scope, kSilence, make_id<EventId>(clock_.now()).text(), name, to_json(silence))));
}

Result<void> AlertSettings::remove_silence(const TenantScope& scope, std::string_view id, std::string_view etag) {
  return remove(scope, kSilence, id, etag);
}

Result<std::vector<AlertHeartbeat>> AlertSettings::heartbeats(const TenantScope& scope) {
  std::vector<AlertHeartbeat> heartbeats;
  for (const Stored& each : WD_TRY(list(scope, kHeartbeat))) heartbeats.push_back(WD_TRY(heartbeat_of(each)));
  return heartbeats;
}

Result<AlertHeartbeat> AlertSettings::heartbeat(const TenantScope& scope, std::string_view id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return heartbeat_of(WD_TRY(find(*db, kHeartbeat, id)));
}

Result<AlertHeartbeat> AlertSettings::add_heartbeat(const TenantScope& scope, std::string_view name,
                                                    const json::object& body) {
  AlertHeartbeat heartbeat;
  WD_TRY(read_heartbeat(body, heartbeat));
  return heartbeat_of(
      WD_TRY(insert(scope, kHeartbeat, make_id<EventId>(clock_.now()).text(), name, to_json(heartbeat))));
}

Result<AlertHeartbeat> AlertSettings::change_heartbeat(const TenantScope& scope, std::string_view id,
                                                       std::string_view etag, const json::object& body) {
  AlertHeartbeat heartbeat = WD_TRY(this->heartbeat(scope, id));
  WD_TRY(check_etag(etag, etag_text(heartbeat.version)));
  WD_TRY(read_heartbeat(body, heartbeat));
  json::object kept = to_json(heartbeat);
  if (body.contains("name")) kept["name"] = body.at("name");
  return heartbeat_of(WD_TRY(replace(scope, kHeartbeat, id, etag_text(heartbeat.version), kept)));
}

Result<void> AlertSettings::remove_heartbeat(const TenantScope& scope, std::string_view id, std::string_view etag) {
  return remove(scope, kHeartbeat, id, etag);
}

FeatureSchema alert_settings_schema() {
  using enum PersonalData;
  return {.feature = "alert_settings",
          .migrations = {{1,
                          "create alert_settings",
                          {"CREATE TABLE alert_settings (kind TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, "
                           "body TEXT NOT NULL, created BIGINT NOT NULL, version BIGINT NOT NULL, "
                           "PRIMARY KEY (kind, id))"}}},
          .fields = {{"alert_settings", "kind", None},
                     {"alert_settings", "id", None},
                     {"alert_settings", "name", None},
                     {"alert_settings", "body", Content},
                     {"alert_settings", "created", None},
                     {"alert_settings", "version", None}}};
}

}  // namespace warder::manager
