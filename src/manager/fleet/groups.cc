#include "manager/fleet/groups.h"

#include <algorithm>

#include "base/json.h"
#include "manager/fleet/visibility.h"
#include "manager/policies/sql.h"

namespace warder::manager {
namespace {

constexpr std::int64_t kMaxDepth = 16;
constexpr std::string_view kSelect =
    "SELECT g.id, g.name, g.parent_id, g.policy_id, g.version, "
    "(SELECT COUNT(*) FROM agents a WHERE a.group_id = g.id), g.asset_value FROM agent_groups g WHERE ";

Result<Group> read_group(const Row& row) {
  Group group;
  group.id = WD_TRY(parse_id<GroupId>(row.text(0)));
  group.name = row.text(1);
  group.parent = WD_TRY(optional_id<GroupId>(row, 2));
  group.policy = WD_TRY(optional_id<PolicyId>(row, 3));
  group.version = row.integer(4);
  group.agents = row.integer(5);
  if (!row.is_null(6)) group.asset_value = row.integer(6);
  return group;
}

Result<std::optional<Group>> find_in(Db& db, const GroupId& id) {
  return select_one(db, std::string{kSelect} + "g.id = ?1", {id.text()}, read_group);
}

/// Of the groups, with what ?number is; nothing when the scope is the whole tenant.
std::optional<std::string> reached(const TenantScope& scope) {
  if (scope.is_whole()) return std::nullopt;
  const std::set<std::string>& groups = scope.reach().groups;
  return json::serialize(json::array(groups.begin(), groups.end()));
}

Result<Group> get(Db& db, const TenantScope& scope, const GroupId& id) {
  WD_TRY(check_visible(scope, id));
  auto group = WD_TRY(find_in(db, id));
  if (!group) return fail(ErrorCode::NotFound, "group " + id.text() + " does not exist");
  return std::move(*group);
}

Result<void> check_parent(Db& db, const std::optional<GroupId>& parent, const GroupId& self) {
  std::optional<GroupId> next = parent;
  const std::int64_t below = std::max<std::int64_t>(1, WD_TRY(tree_height(db, "agent_groups", self.text())));
  for (std::int64_t depth = below; next; ++depth) {
    if (*next == self) return fail(ErrorCode::Invalid, "/parent_id: a group cannot be inside itself");
    if (depth >= kMaxDepth) return fail(ErrorCode::Invalid, "/parent_id: more than 16 levels of groups");
    const auto group = WD_TRY(find_in(db, *next));
    if (!group) return fail(ErrorCode::Invalid, "/parent_id: there is no such group");
    next = group->parent;
  }
  return {};
}

Result<void> check(Db& db, const GroupDraft& draft, const GroupId& self) {
  const auto read = [](const Row& row) -> Result<std::string> { return row.text(0); };
  if (WD_TRY(
          select_one(db, "SELECT id FROM agent_groups WHERE name = ?1 AND id <> ?2", {draft.name, self.text()}, read)))
    return fail(ErrorCode::Conflict, "/name: there is another group of this name");
  if (draft.policy && !WD_TRY(select_one(db, "SELECT id FROM policies WHERE id = ?1", {draft.policy->text()}, read)))
    return fail(ErrorCode::Invalid, "/policy_id: there is no such policy");
  return check_parent(db, draft.parent, self);
}

DbValue value_to_db(const std::optional<std::int64_t>& value) {
  return value ? DbValue{*value} : DbValue{nullptr};
}

AuditRecord audit_record(std::string_view action, const Group& group) {
  json::object detail{{"name", group.name}};
  if (group.asset_value) detail["asset_value"] = *group.asset_value;
  return {std::string{action}, "group:" + group.id.text(), AuditOutcome::Success, std::move(detail)};
}

}  // namespace

std::string Group::etag() const {
  return '"' + std::to_string(version) + '"';
}

Groups::Groups(Tenants& tenants, AuditLog& audit, ChangeBus& bus, const host::Clock& clock)
    : tenants_(tenants), audit_(audit), bus_(bus), clock_(clock) {}

Result<Page<Group>> Groups::list(const TenantScope& scope, const PageRequest& page) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  const std::string after = WD_TRY(read_cursor(page.cursor));
  Page<Group> result;
  std::vector<DbValue> values{after, static_cast<std::int64_t>(page.limit) + 1};
  std::string where = "g.name > ?1";
  if (const auto groups = reached(scope)) {
    where += " AND " + in_json_array("g.id", 3, db->dialect());
    values.emplace_back(*groups);
  }
  result.items = WD_TRY(select(*db, std::string{kSelect} + where + " ORDER BY g.name LIMIT ?2", values, read_group));
  finish_page(result, page.limit, [](const Group& group) { return group.name; });
  return result;
}

Result<Group> Groups::find(const TenantScope& scope, const GroupId& id) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  return get(*db, scope, id);
}

Result<Group> Groups::create(const TenantScope& scope, const GroupDraft& draft) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx tx = WD_TRY(Tx::begin(*db));
  Group group{new_id<GroupId>(clock_.now()), draft.name, draft.parent, draft.policy};
  group.asset_value = draft.asset_value.value_or(std::nullopt);
  WD_TRY(check_target(scope, draft.parent));
  if (draft.policy) WD_TRY(check_target(scope, draft.policy));
  WD_TRY(check(*db, draft, group.id));
  WD_TRY(db->execute(
      "INSERT INTO agent_groups (id, name, parent_id, policy_id, version, asset_value) "
      "VALUES (?1, ?2, ?3, ?4, 1, ?5)",
      {group.id.text(), group.name, to_db(group.parent), to_db(group.policy), value_to_db(group.asset_value)}));
  WD_TRY(audit_.append_in(*db, scope, audit_record("group.create", group)));
  WD_TRY(tx.commit());
  return group;
}

Result<Group> Groups::update(const TenantScope& scope, const GroupId& id, std::string_view etag,
                             const GroupDraft& draft) {
  Group group;
  {
    const auto db = WD_TRY(tenants_.config(scope).acquire());
    Tx tx = WD_TRY(Tx::begin(*db));
    group = WD_TRY(get(*db, scope, id));
    WD_TRY(check_etag(etag, group.etag()));
    if (draft.parent != group.parent) WD_TRY(check_target(scope, draft.parent));
    if (draft.policy != group.policy) WD_TRY(check_target(scope, draft.policy));
    WD_TRY(check(*db, draft, id));
    WD_TRY(
        db->execute("UPDATE agent_groups SET name = ?2, parent_id = ?3, policy_id = ?4, asset_value = ?5, "
                    "version = version + 1 WHERE id = ?1",
                    {id.text(), draft.name, to_db(draft.parent), to_db(draft.policy),
                     value_to_db(draft.asset_value.value_or(group.asset_value))}));
    group = WD_TRY(get(*db, scope, id));
    WD_TRY(audit_.append_in(*db, scope, audit_record("group.update", group)));
    WD_TRY(tx.commit());
  }
  bus_.publish({scope.tenant(), std::nullopt});
  return group;
}

Result<void> Groups::remove(const TenantScope& scope, const GroupId& id, std::string_view etag) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx tx = WD_TRY(Tx::begin(*db));
  const Group group = WD_TRY(get(*db, scope, id));
  WD_TRY(check_etag(etag, group.etag()));
  if (group.agents > 0) return fail(ErrorCode::Conflict, "group still has agents");
  // Groups below it and enrolment tokens refer to it by foreign key: the store refuses.
  WD_TRY(db->execute("DELETE FROM agent_groups WHERE id = ?1", {id.text()}).in("group is in use"));
  WD_TRY(audit_.append_in(*db, scope, audit_record("group.delete", group)));
  return tx.commit();
}

}  // namespace warder::manager
