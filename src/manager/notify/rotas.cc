#include "manager/notify/rotas.h"

#include <algorithm>

#include "base/json.h"
#include "manager/identity/rows.h"
#include "manager/policies/sql.h"

namespace warder::manager {
namespace {

std::string etag_text(std::int64_t version) {
  return "\"" + std::to_string(version) + "\"";
}

Result<Rota> read_rota(const Row& row) {
  Rota rota;
  rota.id = WD_TRY(parse_id<RotaId>(row.text(0)));
  rota.name = row.text(1);
  const json::value plan = WD_TRY(parse_json(row.text(2)).in("rota " + rota.name));
  if (!plan.is_object()) return fail(ErrorCode::Corrupt, "rota " + rota.name);
  WD_TRY(read_rota_plan(plan.get_object(), rota).in("rota " + rota.name));
  rota.created = from_micros(row.integer(3));
  rota.version = row.integer(4);
  return rota;
}

Result<RotaOverride> read_override(const Row& row) {
  return RotaOverride{WD_TRY(parse_id<RotaOverrideId>(row.text(0))),
                      static_cast<std::size_t>(row.integer(1)),
                      WD_TRY(parse_id<UserId>(row.text(2))),
                      from_micros(row.integer(3)),
                      from_micros(row.integer(4)),
                      from_micros(row.integer(5))};
}

Result<std::vector<RotaOverride>> overrides_of(Db& db, const RotaId& id) {
  return read_rows(
      db, "SELECT id, level, member, begins, ends, made FROM rota_overrides WHERE rota = ?1 ORDER BY begins, id",
      {id.text()}, read_override);
}

Result<std::int64_t> read_number(const Row& row) {
  return row.integer(0);
}

constexpr std::string_view kSelect = "SELECT id, name, plan, created, version FROM rotas ";

}  // namespace

Result<Rota> Rotas::find_in(Db& db, const RotaId& id) const {
  auto found = WD_TRY(read_row(db, std::string(kSelect) + "WHERE id = ?1", {id.text()}, read_rota));
  if (!found) return fail(ErrorCode::NotFound, "no such rota");
  found->overrides = WD_TRY(overrides_of(db, id));
  return std::move(*found);
}

// Who was a member once may have gone since: those stay as they are until somebody changes the rota.
Result<void> Rotas::check(const TenantScope& scope, Db& db, const Rota& rota) const {
  WD_TRY(check_rota(rota));
  for (std::size_t i = 0; i < rota.members.size(); ++i) {
    const auto person = find_person_(scope, rota.members[i].user);
    if (!person)
      return fail(person.error().code == ErrorCode::NotFound ? ErrorCode::Invalid : person.error().code,
                  "/members/" + std::to_string(i) + "/user: " + person.error().message);
  }
  const auto taken = WD_TRY(
      read_row(db, "SELECT 1 FROM rotas WHERE name = ?1 AND id <> ?2", {rota.name, rota.id.text()}, read_number));
  if (taken) return fail(ErrorCode::Conflict, "/name: there is a rota of this name");
  return {};
}

Result<std::vector<Rota>> Rotas::list(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto all = WD_TRY(read_rows(*db, std::string(kSelect) + "ORDER BY name", {}, read_rota));
  for (Rota& rota : all) rota.overrides = WD_TRY(overrides_of(*db, rota.id));
  return all;
}

Result<Rota> Rotas::find(const TenantScope& scope, const RotaId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return find_in(*db, id);
}

Result<Rota> Rotas::create(const TenantScope& scope, Rota draft) {
  draft.created = clock_.now();
  draft.id = make_id<RotaId>(draft.created);
  draft.version = 1;
  draft.overrides.clear();
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(check(scope, *db, draft));
  auto tx = WD_TRY(Tx::begin(*db));
  const auto count = WD_TRY(read_row(*db, "SELECT COUNT(*) FROM rotas", {}, read_number));
  if (*count >= static_cast<std::int64_t>(kMaxRotas)) return fail(ErrorCode::Conflict, "there are too many rotas");
  WD_TRY(
      db->execute("INSERT INTO rotas (id, name, plan, created, version) VALUES (?1, ?2, ?3, ?4, 1)",
                  {draft.id.text(), draft.name, json::serialize(rota_plan_to_json(draft)), to_micros(draft.created)}));
  WD_TRY(record(*db, scope, "rota.create", draft));
  WD_TRY(tx.commit());
  return draft;
}

Result<Rota> Rotas::update(const TenantScope& scope, const RotaId& id, std::string_view etag, Rota draft) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  draft.id = id;
  WD_TRY(check(scope, *db, draft));
  auto tx = WD_TRY(Tx::begin(*db));
  const Rota before = WD_TRY(find_in(*db, id));
  WD_TRY(check_etag(etag, etag_text(before.version)));
  draft.created = before.created;
  draft.version = before.version + 1;
  WD_TRY(db->execute("UPDATE rotas SET name = ?2, plan = ?3, version = ?4 WHERE id = ?1",
                     {id.text(), draft.name, json::serialize(rota_plan_to_json(draft)), draft.version}));
  // Stand-ins of a level that is gone, and those who are no members any more.
  for (const RotaOverride& each : before.overrides) {
    const bool is_member = std::ranges::find(draft.members, each.user, &RotaMember::user) != draft.members.end();
    if (each.level < draft.levels.size() && is_member) continue;
    WD_TRY(db->execute("DELETE FROM rota_overrides WHERE id = ?1", {each.id.text()}));
  }
  draft.overrides = WD_TRY(overrides_of(*db, id));
  WD_TRY(record(*db, scope, "rota.update", draft));
  WD_TRY(tx.commit());
  return draft;
}

Result<void> Rotas::remove(const TenantScope& scope, const RotaId& id, std::string_view etag) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const Rota before = WD_TRY(find_in(*db, id));
  WD_TRY(check_etag(etag, etag_text(before.version)));
  WD_TRY(db->execute("DELETE FROM rota_overrides WHERE rota = ?1", {id.text()}));
  WD_TRY(db->execute("DELETE FROM rotas WHERE id = ?1", {id.text()}));
  WD_TRY(record(*db, scope, "rota.delete", before));
  return tx.commit();
}

Result<RotaOverride> Rotas::add_override(const TenantScope& scope, const RotaId& id, RotaOverride wanted) {
  wanted.made = clock_.now();
  wanted.id = make_id<RotaOverrideId>(wanted.made);
  if (wanted.from >= wanted.until) return fail(ErrorCode::Invalid, "/until: is not behind its beginning");
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const Rota rota = WD_TRY(find_in(*db, id));
  if (wanted.level >= rota.levels.size()) return fail(ErrorCode::Invalid, "/level: there is no such level");
  if (std::ranges::find(rota.members, wanted.user, &RotaMember::user) == rota.members.end())
    return fail(ErrorCode::Invalid, "/user: is no member of the rota");
  WD_TRY(db->execute("DELETE FROM rota_overrides WHERE rota = ?1 AND ends < ?2",
                     {id.text(), to_micros(wanted.made - std::chrono::days(90))}));
  const auto count =
      WD_TRY(read_row(*db, "SELECT COUNT(*) FROM rota_overrides WHERE rota = ?1", {id.text()}, read_number));
  if (*count >= static_cast<std::int64_t>(kMaxRotaOverrides))
    return fail(ErrorCode::Conflict, "there are too many overrides");
  WD_TRY(
      db->execute("INSERT INTO rota_overrides (id, rota, level, member, begins, ends, made) VALUES (?1, ?2, ?3, ?4, "
                  "?5, ?6, ?7)",
                  {wanted.id.text(), id.text(), static_cast<std::int64_t>(wanted.level), wanted.user.text(),
                   to_micros(wanted.from), to_micros(wanted.until), to_micros(wanted.made)}));
  WD_TRY(record(*db, scope, "rota.override", rota));
  WD_TRY(tx.commit());
  return wanted;
}

Result<void> Rotas::remove_override(const TenantScope& scope, const RotaOverrideId& override) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const auto read = [](const Row& row) -> Result<RotaId> { return parse_id<RotaId>(row.text(0)); };
  const auto id = WD_TRY(read_row(*db, "SELECT rota FROM rota_overrides WHERE id = ?1", {override.text()}, read));
  if (!id) return fail(ErrorCode::NotFound, "no such override");
  const Rota rota = WD_TRY(find_in(*db, *id));
  WD_TRY(db->execute("DELETE FROM rota_overrides WHERE id = ?1", {override.text()}));
  WD_TRY(record(*db, scope, "rota.remove-override", rota));
  return tx.commit();
}

Result<OnCall> Rotas::on_call_at(const TenantScope& scope, const RotaId& id, std::size_t level, Timestamp time) {
  const Rota rota = WD_TRY(find(scope, id));
  const TimeZone zone = WD_TRY(TimeZone::load(rota.time_zone));
  return OnCall{on_call(rota, zone, std::min(level, rota.levels.size() - 1), time), rota.channel};
}

Result<OnCall> Rotas::on_call_with(const TenantScope& scope, const RotaId& id, std::string_view skill, Timestamp time) {
  const Rota rota = WD_TRY(find(scope, id));
  const TimeZone zone = WD_TRY(TimeZone::load(rota.time_zone));
  const auto skilled = skill.empty() ? std::nullopt : on_call_with_skill(rota, zone, skill, time);
  return OnCall{skilled ? *skilled : on_call(rota, zone, 0, time), rota.channel};
}

Result<void> Rotas::record(Db& db, const TenantScope& scope, std::string_view action, const Rota& rota) {
  AuditRecord record;
  record.action = action;
  record.object = "rota:" + rota.id.text();
  record.detail = {{"name", json::string(rota.name)}};
  WD_TRY(audit_.append_in(db, scope, std::move(record)));
  return {};
}

FeatureSchema rotas_schema() {
  using enum PersonalData;
  return {.feature = "rotas",
          .migrations = {{1,
                          "create rotas",
                          {"CREATE TABLE rotas (id TEXT NOT NULL, name TEXT NOT NULL, plan TEXT NOT NULL, "
                           "created BIGINT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (id))",
                           "CREATE TABLE rota_overrides (id TEXT NOT NULL, rota TEXT NOT NULL, level BIGINT NOT NULL, "
                           "member TEXT NOT NULL, begins BIGINT NOT NULL, ends BIGINT NOT NULL, made BIGINT NOT NULL, "
                           "PRIMARY KEY (id))",
                           "CREATE INDEX rota_overrides_by_rota ON rota_overrides (rota)"}}},
          .fields = {{"rotas", "id", None},
                     {"rotas", "name", None},
                     {"rotas", "plan", Identifier},
                     {"rotas", "created", None},
                     {"rotas", "version", None},
                     {"rota_overrides", "id", None},
                     {"rota_overrides", "rota", None},
                     {"rota_overrides", "level", None},
                     {"rota_overrides", "member", Identifier},
                     {"rota_overrides", "begins", None},
                     {"rota_overrides", "ends", None},
                     {"rota_overrides", "made", None}}};
}

}  // namespace warder::manager
