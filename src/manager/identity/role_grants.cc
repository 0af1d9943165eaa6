// From assigned roles to grants, and who may assign them.
#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "manager/identity/role_store.h"
#include "manager/identity/rows.h"

namespace warder::manager {

namespace {

constexpr std::size_t kMaxAssignmentsBytes = 4 << 20;
constexpr std::string_view kBelowGroup =
    "WITH RECURSIVE below (id) AS (SELECT id FROM agent_groups WHERE id = ?1 UNION "
    "SELECT t.id FROM agent_groups t JOIN below b ON t.parent_id = b.id) SELECT id FROM below";
constexpr std::string_view kBelowPolicy =
    "WITH RECURSIVE below (id) AS (SELECT id FROM policies WHERE id = ?1 UNION "
    "SELECT t.id FROM policies t JOIN below b ON t.parent_id = b.id) SELECT id FROM below";

Result<std::vector<std::string>> below(Db& db, std::string_view sql, const std::string& id) {
  return read_rows(db, sql, {id}, [](const Row& row) -> Result<std::string> { return row.text(0); });
}

Result<Reach> expanded(Db& db, const Reach& scope) {
  Reach reach{.tags = scope.tags};
  for (const std::string& group : scope.groups)
    for (std::string& id : WD_TRY(below(db, kBelowGroup, group))) reach.groups.insert(std::move(id));
  for (const std::string& policy : scope.policies)
    for (std::string& id : WD_TRY(below(db, kBelowPolicy, policy))) reach.policies.insert(std::move(id));
  return reach;
}

/// Nothing when there is no such role.
Result<std::optional<Rights>> rights_in(Db& db, const std::string& role) {
  if (const BuiltInRole* found = find_built_in_role(role)) return std::optional(rights_of(*found));
  return read_row(db, "SELECT rights FROM roles WHERE name = ?1", {role}, [](const Row& row) -> Result<Rights> {
    Rights rights;
    const std::string text = row.text(0);
    for (const std::string_view right : split(text, ',')) rights.emplace(right);
    return rights;
  });
}

Result<void> check_role(Db& db, const std::string& role, const std::string& pointer) {
  if (!WD_TRY(rights_in(db, role))) return fail(ErrorCode::Invalid, pointer + ": no such role");
  return {};
}

Result<void> check_scoped(Db& db, const ScopedRole& assigned, const std::string& pointer) {
  WD_TRY(check_role(db, assigned.role, pointer + "/role"));
  const Reach& scope = assigned.scope;
  if (scope.is_empty() || scope.everything)
    return fail(ErrorCode::Invalid, pointer + ": name groups, policies or tags; a role for everything is in /roles");
  for (const auto* members : {&scope.groups, &scope.policies, &scope.tags})
    if (members->size() > kMaxScopeMembers) return fail(ErrorCode::Invalid, pointer + ": more than 256 members");
  for (const std::string& group : scope.groups)
    if (WD_TRY(below(db, kBelowGroup, group)).empty())
      return fail(ErrorCode::Invalid, pointer + "/groups: there is no such group");
  for (const std::string& policy : scope.policies)
    if (WD_TRY(below(db, kBelowPolicy, policy)).empty())
      return fail(ErrorCode::Invalid, pointer + "/policies: there is no such policy");
  return {};
}

json::array names(const std::set<std::string>& members) {
  json::array array;
  for (const std::string& member : members) array.emplace_back(json::string(member));
  return array;
}

Result<std::set<std::string>> names_in(const json::object& object, std::string_view key) {
  std::set<std::string> members;
  for (const json::value& member : *WD_TRY(get_array(object, key))) {
    if (!member.is_string()) return fail(ErrorCode::Corrupt, "stored scope: not a text");
    members.emplace(member.get_string());
  }
  return members;
}

Result<ScopedRole> read_scoped_role(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "stored scoped role: not an object");
  const json::object& object = value.get_object();
  return ScopedRole{std::string(WD_TRY(get_string(object, "role"))),
                    {false, WD_TRY(names_in(object, "groups")), WD_TRY(names_in(object, "policies")),
                     WD_TRY(names_in(object, "tags"))}};
}

}  // namespace

Result<Grants> grants_of(Db& config, const std::vector<std::string>& roles, const std::vector<ScopedRole>& scoped) {
  Grants grants;
  for (const std::string& role : roles) {
    const auto rights = WD_TRY(rights_in(config, role));
    if (!rights) continue;
    for (const std::string& right : *rights) grants[right].everything = true;
  }
  for (const ScopedRole& assigned : scoped) {
    const auto rights = WD_TRY(rights_in(config, assigned.role));
    const Reach reach = WD_TRY(expanded(config, assigned.scope));
    if (!rights || reach.is_empty()) continue;
    for (const std::string& right : *rights)
      if (is_scopable(right)) grants[right].add(reach);
  }
  return grants;
}

Result<void> check_covers(Db& config, const TenantScope& scope, const std::vector<std::string>& roles,
                          const std::vector<ScopedRole>& scoped) {
  if (scope.grants() == nullptr) return {};
  const std::string right = first_uncovered(*scope.grants(), WD_TRY(grants_of(config, roles, scoped)));
  if (right.empty()) return {};
  return scope.forbid("these roles exceed your own rights: " + right);
}

Result<void> check_assignable(Db& config, const TenantScope& scope, const std::vector<std::string>& roles,
                              const std::vector<ScopedRole>& scoped) {
  if (roles.empty() && scoped.empty()) return fail(ErrorCode::Invalid, "/roles: a user has at least one role");
  if (scoped.size() > kMaxScopedRoles) return fail(ErrorCode::Invalid, "/scoped_roles: more than 32");
  for (std::size_t i = 0; i < roles.size(); ++i) {
    const std::string pointer = "/roles/" + std::to_string(i);
    WD_TRY(check_role(config, roles[i], pointer));
    if (std::ranges::count(roles, roles[i]) > 1) return fail(ErrorCode::Invalid, pointer + ": the role is there twice");
  }
  for (std::size_t i = 0; i < scoped.size(); ++i)
    WD_TRY(check_scoped(config, scoped[i], "/scoped_roles/" + std::to_string(i)));
  return check_covers(config, scope, roles, scoped);
}

Result<std::vector<ScopedRole>> read_scoped_roles(const json::value& stored) {
  if (!stored.is_array()) return fail(ErrorCode::Corrupt, "stored scoped roles: not an array");
  std::vector<ScopedRole> roles;
  for (const json::value& value : stored.get_array()) roles.push_back(WD_TRY(read_scoped_role(value)));
  return roles;
}

json::array scoped_roles_json(const std::vector<ScopedRole>& roles) {
  json::array array;
  for (const ScopedRole& role : roles) {
    array.push_back(json::object{{"role", role.role},
                                 {"groups", names(role.scope.groups)},
                                 {"policies", names(role.scope.policies)},
                                 {"tags", names(role.scope.tags)}});
  }
  return array;
}

Result<std::vector<ScopedRole>> read_scoped_roles(Db& config, const std::string& user) {
  const auto text = WD_TRY(read_row(config, "SELECT assignments FROM user_scoped_roles WHERE user_id = ?1", {user},
                                    [](const Row& row) -> Result<std::string> { return row.text(0); }));
  if (!text) return std::vector<ScopedRole>{};
  return read_scoped_roles(WD_TRY(parse_json(*text, kMaxAssignmentsBytes).in("stored scoped roles")));
}

Result<void> write_scoped_roles(Db& config, const std::string& user, const std::vector<ScopedRole>& roles) {
  if (roles.empty()) {
    WD_TRY(config.execute("DELETE FROM user_scoped_roles WHERE user_id = ?1", {user}));
    return {};
  }
  WD_TRY(
      config.execute("INSERT INTO user_scoped_roles (user_id, assignments) VALUES (?1, ?2) "
                     "ON CONFLICT (user_id) DO UPDATE SET assignments = ?2",
                     {user, canonical_json(scoped_roles_json(roles))}));
  return {};
}

}  // namespace warder::manager
