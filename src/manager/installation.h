// Everything of a manager that has no thread and no listener: data, keys, identity, policies, fleet. The server and the
// offline commands stand on the same.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "crypto/key_provider.h"
#include "host/linux/clock.h"
#include "manager/api/idempotency.h"
#include "manager/audit/audit_log.h"
#include "manager/config.h"
#include "manager/events/retention.h"
#include "manager/fleet/agents.h"
#include "manager/fleet/commands.h"
#include "manager/fleet/enrolment.h"
#include "manager/fleet/groups.h"
#include "manager/fleet/smart_groups.h"
#include "manager/identity/authority.h"
#include "manager/identity/identity.h"
#include "manager/identity/key_operations.h"
#include "manager/policies/change_bus.h"
#include "manager/policies/policies.h"
#include "manager/privacy/collection_settings.h"
#include "manager/provisioning/provisioning.h"
#include "manager/rollouts/rollouts.h"
#include "manager/search/dashboards.h"
#include "manager/search/saved_searches.h"
#include "manager/search/tag_rules.h"
#include "manager/sso/oidc_login.h"
#include "manager/tenancy/scope_maker.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

enum class OpenMode : std::uint8_t { Existing, Create };

struct Installation {
  /// Applies migrations. Existing: NotFound, and nothing is made, when there is no data directory with keys. Create:
  /// makes directory, keys, databases and CA where they are missing.
  static Result<std::unique_ptr<Installation>> open(const Config& config, OpenMode mode = OpenMode::Create);
  /// Where each database stands, without applying anything.
  static Result<std::vector<DatabaseState>> rehearse(const Config& config);
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;
  ~Installation() = default;

  /// The tables that an export of a tenant holds; audit entries and events have lines of their own.
  static std::vector<FeatureSchema> exported_schemas();
  /// The first tenant, for `actor` ("job:retention"). NotFound before `init`.
  [[nodiscard]] Result<TenantScope> first_tenant(std::string actor) const;

  Config config;
  host::SystemClock clock;
  std::unique_ptr<crypto::KeyProvider> keys;
  std::unique_ptr<Tenants> tenants;
  Authority authority;
  ScopeMaker scopes;
  AuditLog audit;
  Identity identity;
  OidcLogin sso;
  KeyOperations key_operations;
  IdempotencyStore idempotency;
  ChangeBus bus;
  Policies policies;
  Agents agents;
  Groups groups;
  Commands commands;
  Enrolment enrolment;
  Provisioning provisioning;
  SavedSearches searches;
  SmartGroups smart_groups;
  Dashboards dashboards;
  Rollouts rollouts;
  TagRules tag_rules;
  EventRetentions event_retentions;
  CollectionSettings collection;

 private:
  Installation(Config settings, std::unique_ptr<crypto::KeyProvider> key_provider, std::unique_ptr<Tenants> all_tenants,
               Authority ca, IdentityOptions identity_options);
};

}  // namespace warder::manager
