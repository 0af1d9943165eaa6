// Roles that a tenant makes for itself, and what assigned roles add up to.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/identity/roles.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

struct Role {
  std::string name;
  std::string description;
  Rights rights;
  bool is_built_in = false;
  std::int64_t version = 1;
};

struct RoleChange {
  std::optional<std::string> description;
  std::optional<Rights> rights;
};

/// A role for a part of the fleet. `scope` is as it was written: without what lies below its groups and policies.
struct ScopedRole {
  std::string role;
  Reach scope;
  friend bool operator==(const ScopedRole&, const ScopedRole&) = default;
};

inline constexpr std::size_t kMaxRoles = 100;         // of a tenant's own
inline constexpr std::size_t kMaxScopedRoles = 32;    // of one user
inline constexpr std::size_t kMaxScopeMembers = 256;  // groups, policies or tags of one assignment

/// Thread-safe. Every change is an audit entry of the same transaction. Nobody makes, changes or removes a role that
/// gives a right the actor does not have for the whole tenant: Forbidden.
class Roles {
 public:
  Roles(Tenants& tenants, AuditLog& audit) : tenants_(tenants), audit_(audit) {}

  /// The built-in ones first, then the tenant's own by name.
  Result<std::vector<Role>> list(const TenantScope& scope);
  Result<Role> find(const TenantScope& scope, std::string_view name);
  /// Invalid for a right that does not exist, or none; Conflict when the name is taken.
  Result<Role> create(const TenantScope& scope, const Role& draft);
  /// Conflict for a built-in one.
  Result<Role> update(const TenantScope& scope, std::string_view name, std::string_view etag, const RoleChange& change);
  /// Conflict also while a user or a group of an identity provider's has it.
  Result<void> remove(const TenantScope& scope, std::string_view name, std::string_view etag);

 private:
  Tenants& tenants_;
  AuditLog& audit_;
};

/// What these roles allow together. Groups and policies of a scope come with what lies below them today; a role, group
/// or policy that is gone gives nothing.
Result<Grants> grants_of(Db& config, const std::vector<std::string>& roles, const std::vector<ScopedRole>& scoped);
/// Invalid, with its pointer, for a role, group or policy that does not exist, for one that is there twice and for none
/// at all; Forbidden when they allow more than the actor may.
Result<void> check_assignable(Db& config, const TenantScope& scope, const std::vector<std::string>& roles,
                              const std::vector<ScopedRole>& scoped);
/// Forbidden unless the actor has at least what these roles give.
Result<void> check_covers(Db& config, const TenantScope& scope, const std::vector<std::string>& roles,
                          const std::vector<ScopedRole>& scoped);

/// The scoped roles of a user, as they are stored with it.
Result<std::vector<ScopedRole>> read_scoped_roles(Db& config, const std::string& user);
Result<void> write_scoped_roles(Db& config, const std::string& user, const std::vector<ScopedRole>& roles);

/// The same as part of something else that is stored.
boost::json::array scoped_roles_json(const std::vector<ScopedRole>& roles);
Result<std::vector<ScopedRole>> read_scoped_roles(const boost::json::value& stored);

/// The tables of config.db.
FeatureSchema roles_schema();

}  // namespace warder::manager
