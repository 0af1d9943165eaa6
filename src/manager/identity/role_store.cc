#include "manager/identity/role_store.h"

#include <algorithm>

#include "base/text.h"
#include "manager/identity/identity_providers.h"
#include "manager/identity/rows.h"

namespace warder::manager {

namespace {

constexpr std::string_view kSelect = "SELECT name, description, rights, version FROM roles ";

std::string joined(const Rights& rights) {
  std::string text;
  for (const std::string& right : rights) text.append(text.empty() ? "" : ",").append(right);
  return text;
}

Result<Role> read_role(const Row& row) {
  Role role;
  role.name = row.text(0);
  role.description = row.text(1);
  const std::string rights = row.text(2);
  for (const std::string_view right : split(rights, ',')) role.rights.emplace(right);
  role.version = row.integer(3);
  return role;
}

Role built_in(const BuiltInRole& role) {
  return {std::string(role.name), std::string(role.description), rights_of(role), true, 1};
}

Result<void> check_rights(const TenantScope& scope, const Rights& rights) {
  if (rights.empty()) return fail(ErrorCode::Invalid, "/rights: a role gives at least one right");
  const auto known = all_rights();
  for (const std::string& right : rights) {
    if (std::ranges::find(known, right) == known.end())
      return fail(ErrorCode::Invalid, "/rights: there is no right '" + right + "'");
    // The role may be assigned without a scope.
    if (scope.grants() == nullptr) continue;
    const auto mine = scope.grants()->find(right);
    if (mine == scope.grants()->end() || !mine->second.everything)
      return scope.forbid("a role with " + right + " exceeds your own rights");
  }
  return {};
}

AuditRecord record_of(std::string_view action, const Role& role) {
  return {std::string(action), "role:" + role.name, AuditOutcome::Success, {{"rights", joined(role.rights)}}};
}

Result<std::optional<Role>> find_own(Db& db, std::string_view name) {
  return read_row(db, std::string(kSelect) + "WHERE name = ?1", {std::string(name)}, read_role);
}

/// One that may be changed.
Result<Role> own(Db& db, const TenantScope& scope, std::string_view name, std::string_view etag) {
  if (find_built_in_role(name) != nullptr) return fail(ErrorCode::Conflict, "a built-in role stays as it is");
  auto role = WD_TRY(find_own(db, name));
  if (!role) return fail(ErrorCode::NotFound, "no such role");
  if (etag != "*" && etag != "\"" + std::to_string(role->version) + "\"")
    return fail(ErrorCode::Stale, "the role was changed since you read it; read it again");
  WD_TRY(check_rights(scope, role->rights));
  return std::move(*role);
}

Result<bool> is_assigned(Db& db, const std::string& name) {
  const auto text = [](const Row& row) -> Result<std::string> { return row.text(0); };
  for (const std::string& roles : WD_TRY(read_rows(db, "SELECT roles FROM users", {}, text))) {
    const auto names = split(roles, ',');
    if (std::ranges::find(names, name) != names.end()) return true;
  }
  for (const std::string& user : WD_TRY(read_rows(db, "SELECT user_id FROM user_scoped_roles", {}, text))) {
    const auto roles = WD_TRY(read_scoped_roles(db, user));
    if (std::ranges::find(roles, name, &ScopedRole::role) != roles.end()) return true;
  }
  return false;
}

}  // namespace

Result<std::vector<Role>> Roles::list(const TenantScope& scope) {
  std::vector<Role> roles;
  for (const BuiltInRole& role : built_in_roles()) roles.push_back(built_in(role));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  std::ranges::move(WD_TRY(read_rows(*db, std::string(kSelect) + "ORDER BY name", {}, read_role)),
                    std::back_inserter(roles));
  return roles;
}

Result<Role> Roles::find(const TenantScope& scope, std::string_view name) {
  if (const BuiltInRole* role = find_built_in_role(name)) return built_in(*role);
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto role = WD_TRY(find_own(*db, name));
  if (!role) return fail(ErrorCode::NotFound, "no such role");
  return std::move(*role);
}

Result<Role> Roles::create(const TenantScope& scope, const Role& draft) {
  WD_TRY(check_rights(scope, draft.rights));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  if (find_built_in_role(draft.name) != nullptr || WD_TRY(find_own(*db, draft.name)))
    return fail(ErrorCode::Conflict, "/name: the name is taken");
  const auto count = WD_TRY(read_row(*db, "SELECT COUNT(*) FROM roles", {},
                                     [](const Row& row) -> Result<std::int64_t> { return row.integer(0); }));
  if (count.value_or(0) >= static_cast<std::int64_t>(kMaxRoles))
    return fail(ErrorCode::TooLarge, "/name: a tenant has at most 100 roles of its own");
  Role role{draft.name, draft.description, draft.rights, false, 1};
  WD_TRY(db->execute("INSERT INTO roles (name, description, rights, version) VALUES (?1, ?2, ?3, 1)",
                     {role.name, role.description, joined(role.rights)}));
  WD_TRY(audit_.append_in(*db, scope, record_of("role.create", role)));
  WD_TRY(tx.commit());
  return role;
}

Result<Role> Roles::update(const TenantScope& scope, std::string_view name, std::string_view etag,
                           const RoleChange& change) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  Role role = WD_TRY(own(*db, scope, name, etag));
  if (change.rights) {
    WD_TRY(check_rights(scope, *change.rights));
    role.rights = *change.rights;
  }
  if (change.description) role.description = *change.description;
  ++role.version;
  WD_TRY(db->execute("UPDATE roles SET description = ?2, rights = ?3, version = ?4 WHERE name = ?1",
                     {role.name, role.description, joined(role.rights), role.version}));
  WD_TRY(audit_.append_in(*db, scope, record_of("role.update", role)));
  WD_TRY(tx.commit());
  return role;
}

Result<void> Roles::remove(const TenantScope& scope, std::string_view name, std::string_view etag) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const Role role = WD_TRY(own(*db, scope, name, etag));
  if (WD_TRY(is_assigned(*db, role.name))) return fail(ErrorCode::Conflict, "somebody has this role");
  if (WD_TRY(is_role_mapped(*db, role.name)))
    return fail(ErrorCode::Conflict, "a group of an identity provider's has this role");
  WD_TRY(db->execute("DELETE FROM roles WHERE name = ?1", {role.name}));
  WD_TRY(audit_.append_in(*db, scope, record_of("role.delete", role)));
  return tx.commit();
}

FeatureSchema roles_schema() {
  return {"roles",
          {{1,
            "roles of the tenant's own, and roles for a part of the fleet",
            {"CREATE TABLE roles (name TEXT NOT NULL PRIMARY KEY, description TEXT NOT NULL, rights TEXT NOT NULL, "
             "version BIGINT NOT NULL)",
             "CREATE TABLE user_scoped_roles (user_id TEXT NOT NULL PRIMARY KEY, assignments TEXT NOT NULL)"}},
           {2,
            "saved searches, which took events:read, have a right of their own",
            {"UPDATE roles SET rights = rights || ',searches:read', version = version + 1 "
             "WHERE ',' || rights || ',' LIKE '%,events:read,%' ESCAPE '!'"}}},
          {{"roles", "name", PersonalData::None},
           {"roles", "description", PersonalData::None},
           {"roles", "rights", PersonalData::None},
           {"roles", "version", PersonalData::None},
           {"user_scoped_roles", "user_id", PersonalData::Identifier},
           {"user_scoped_roles", "assignments", PersonalData::None}}};
}

}  // namespace warder::manager
