#include "manager/fleet/smart_groups.h"

#include "base/text.h"
#include "manager/fleet/host_fields.h"
#include "manager/policies/sql.h"

namespace warder::manager {
namespace {

constexpr std::string_view kSelect = "SELECT id, name, filter, created, version FROM smart_groups ";

Result<SmartGroup> read_group(const Row& row) {
  SmartGroup group;
  group.id = WD_TRY(parse_id<SmartGroupId>(row.text(0)));
  group.draft = {row.text(1), row.text(2)};
  group.created = from_micros(row.integer(3));
  group.version = row.integer(4);
  return group;
}

Result<SmartGroup> find_in(Db& db, const SmartGroupId& id) {
  auto group = WD_TRY(select_one(db, std::string{kSelect} + "WHERE id = ?1", {id.text()}, read_group));
  if (!group) return fail(ErrorCode::NotFound, "smart group " + id.text() + " does not exist");
  return std::move(*group);
}

Result<void> check_writer(const TenantScope& scope) {
  if (scope.is_whole()) return {};
  return scope.forbid("smart groups are of the whole tenant: with a part of the fleet they can be used, not changed");
}

Result<void> check(Db& db, const SmartGroupDraft& draft, const SmartGroupId& self) {
  if (trim(draft.name).empty()) return fail(ErrorCode::Invalid, "/name: is empty");
  const Filter filter = WD_TRY(parse_host_filter(draft.filter).in("/filter"));
  if (filter.kind == Filter::Kind::All) return fail(ErrorCode::Invalid, "/filter: is empty");
  const auto same =
      WD_TRY(select_one(db, "SELECT id FROM smart_groups WHERE name = ?1 AND id <> ?2", {draft.name, self.text()},
                        [](const Row& row) -> Result<std::string> { return row.text(0); }));
  if (same) return fail(ErrorCode::Conflict, "/name: there is another smart group of this name");
  return {};
}

}  // namespace

std::string SmartGroup::etag() const {
  return '"' + std::to_string(version) + '"';
}

Result<void> SmartGroups::record(Db& transaction, const TenantScope& scope, std::string_view action,
                                 const SmartGroup& group) {
  WD_TRY(audit_.append_in(transaction, scope,
                          {std::string{action},
                           "smart-group:" + group.id.text(),
                           AuditOutcome::Success,
                           {{"name", group.draft.name}, {"filter", group.draft.filter}}}));
  return {};
}

Result<std::vector<SmartGroup>> SmartGroups::list(const TenantScope& scope) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  return select(*db, std::string{kSelect} + "ORDER BY name", {}, read_group);
}

Result<SmartGroup> SmartGroups::find(const TenantScope& scope, const SmartGroupId& id) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  return find_in(*db, id);
}

Result<SmartGroup> SmartGroups::create(const TenantScope& scope, const SmartGroupDraft& draft) {
  WD_TRY(check_writer(scope));
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx tx = WD_TRY(Tx::begin(*db));
  const SmartGroup group{new_id<SmartGroupId>(clock_.now()), draft, clock_.now()};
  WD_TRY(check(*db, draft, group.id));
  const auto count = WD_TRY(select_one(*db, "SELECT COUNT(*) FROM smart_groups", {},
                                       [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
  if (count.value_or(0) >= static_cast<std::int64_t>(kMaxSmartGroups))
    return fail(ErrorCode::Conflict, "there are too many smart groups");
  WD_TRY(db->execute("INSERT INTO smart_groups (id, name, filter, created, version) VALUES (?1, ?2, ?3, ?4, 1)",
                     {group.id.text(), draft.name, draft.filter, to_micros(group.created)}));
  WD_TRY(record(*db, scope, "smart-group.create", group));
  WD_TRY(tx.commit());
  return group;
}

Result<SmartGroup> SmartGroups::update(const TenantScope& scope, const SmartGroupId& id, std::string_view etag,
                                       const SmartGroupDraft& draft) {
  WD_TRY(check_writer(scope));
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx tx = WD_TRY(Tx::begin(*db));
  SmartGroup group = WD_TRY(find_in(*db, id));
  WD_TRY(check_etag(etag, group.etag()));
  WD_TRY(check(*db, draft, id));
  group.draft = draft;
  ++group.version;
  WD_TRY(db->execute("UPDATE smart_groups SET name = ?2, filter = ?3, version = ?4 WHERE id = ?1",
                     {id.text(), draft.name, draft.filter, group.version}));
  WD_TRY(record(*db, scope, "smart-group.update", group));
  WD_TRY(tx.commit());
  return group;
}

Result<void> SmartGroups::remove(const TenantScope& scope, const SmartGroupId& id, std::string_view etag) {
  WD_TRY(check_writer(scope));
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx tx = WD_TRY(Tx::begin(*db));
  const SmartGroup group = WD_TRY(find_in(*db, id));
  WD_TRY(check_etag(etag, group.etag()));
  WD_TRY(db->execute("DELETE FROM smart_groups WHERE id = ?1", {id.text()}));
  WD_TRY(record(*db, scope, "smart-group.delete", group));
  return tx.commit();
}

}  // namespace warder::manager
