// What a tenant sees of how it is served: who of the operator came in, what became of its keys, whether it is apart
// from others, and its own half of the shared responsibility.
#pragma once

#include <boost/json/fwd.hpp>

#include "manager/fleet/agents.h"
#include "manager/identity/access_grants.h"
#include "manager/provisioning/isolation_check.h"
#include "manager/tenancy/tenants.h"
#include "manager/trust/trust_center.h"

namespace warder::manager {

struct TenantTrustParts {
  Tenants& tenants;
  const ScopeMaker& scopes;
  AuditLog& audit;
  AccessGrants& grants;
  Agents& agents;
  IsolationCheck& isolation;
  TrustCenter& center;
  const host::Clock& clock;
  std::string version;  // of the manager
};

/// Of the whole tenant; Forbidden for a scope that is not. Of other tenants nothing is in it, not even how many there
/// are.
Result<boost::json::object> tenant_trust(const TenantTrustParts& parts, const TenantScope& scope);

/// The list of measures (measures.h) as the tenant sees it: with "own", its own half, and when it was last shown to be
/// apart from others. Forbidden likewise.
Result<boost::json::object> tenant_measures(const TenantTrustParts& parts, const TenantScope& scope);

}  // namespace warder::manager
