// Where a tenant's people are known from other than here: OpenID Connect, directories, provisioning.
// docs/single-sign-on.md is the manual.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/identity/provider_id.h"
#include "manager/identity/provider_kinds.h"
#include "manager/identity/role_store.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"
#include "model/ids.h"

namespace warder::manager {

/// What a group of the provider's may do here.
struct GroupMapping {
  std::string group;               // "*": everybody whom the provider knows
  std::vector<std::string> roles;  // for the whole tenant
  std::vector<ScopedRole> scoped_roles;
  friend bool operator==(const GroupMapping&, const GroupMapping&) = default;
};

struct IdentityProvider {
  IdentityProviderId id;
  std::string kind;
  std::string name;  // people see it
  bool is_enabled = false;
  boost::json::object settings;  // complete, as its kind defines them
  bool has_secret = false;
  std::vector<GroupMapping> mappings;
  Timestamp created;
  std::int64_t version = 1;
};

struct IdentityProviderDraft {
  std::string kind;
  std::string name;
  bool is_enabled = true;
  boost::json::object settings;
  std::string secret;  // empty: none
  std::vector<GroupMapping> mappings;
};

/// What is absent stays. Settings are replaced as a whole.
struct IdentityProviderChange {
  std::optional<std::string> name;
  std::optional<bool> is_enabled;
  std::optional<boost::json::object> settings;
  std::optional<std::string> secret;  // empty: there is none any more
  std::optional<std::vector<GroupMapping>> mappings;
};

inline constexpr std::size_t kMaxIdentityProviders = 100;  // of a tenant
inline constexpr std::size_t kMaxGroupMappings = 200;      // of a provider

/// Roles that somebody in these groups has by the mappings.
struct MappedRoles {
  std::vector<std::string> roles;
  std::vector<ScopedRole> scoped_roles;
};
MappedRoles mapped_roles(const IdentityProvider& provider, const std::vector<std::string>& groups);

/// Thread-safe. Every change is an audit entry of the same transaction. Whoever changes a provider decides who comes in
/// by it: nobody makes, changes or removes one whose mappings give more than the actor may: Forbidden.
class IdentityProviders {
 public:
  IdentityProviders(Tenants& tenants, AuditLog& audit, const host::Clock& clock)
      : tenants_(tenants), audit_(audit), clock_(clock) {}

  /// By name.
  Result<std::vector<IdentityProvider>> list(const TenantScope& scope);
  Result<IdentityProvider> find(const TenantScope& scope, const IdentityProviderId& id);
  /// Invalid with the pointer of what is wrong; Conflict when the name is taken.
  Result<IdentityProvider> create(const TenantScope& scope, const IdentityProviderDraft& draft);
  Result<IdentityProvider> update(const TenantScope& scope, const IdentityProviderId& id, std::string_view etag,
                                  const IdentityProviderChange& change);
  /// Conflict while there are users of it.
  Result<void> remove(const TenantScope& scope, const IdentityProviderId& id, std::string_view etag);
  /// Empty when there is none. For the protocol alone: it never leaves the manager otherwise.
  Result<std::string> secret(const TenantScope& scope, const IdentityProviderId& id);

 private:
  Result<IdentityProvider> find_to_change(Db& db, const TenantScope& scope, const IdentityProviderId& id,
                                          std::string_view etag);
  Result<void> write_secret(Db& db, const TenantScope& scope, const IdentityProviderId& id,
                            const std::string& secret) const;

  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
};

/// In the caller's transaction; nothing when there is no such provider.
Result<std::optional<IdentityProvider>> find_identity_provider(Db& db, const IdentityProviderId& id);
/// Whether a mapping of any provider names the role.
Result<bool> is_role_mapped(Db& db, std::string_view role);

/// The tables of config.db.
FeatureSchema identity_providers_schema();

}  // namespace warder::manager
