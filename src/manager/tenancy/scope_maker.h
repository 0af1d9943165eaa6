// The only maker of TenantScope. Its users are: identity (a logged-in user, an agent's certificate), gateway (after
// identity has named the agent), background jobs of the manager's main, and tests. A feature that needs a scope gets it
// as a parameter.
#pragma once

#include <string>

#include "base/result.h"
#include "manager/tenancy/tenant_scope.h"

namespace warder::manager {

class Tenants;

class ScopeMaker {
 public:
  explicit ScopeMaker(const Tenants& tenants) noexcept : tenants_(tenants) {}
  /// NotFound when there is no such tenant. `actor`: "user:<id>", "agent:<id>", "job:<name>".
  [[nodiscard]] Result<TenantScope> make(const TenantId& tenant, std::string actor) const;
  /// The same for somebody whose rights are limited.
  [[nodiscard]] Result<TenantScope> make(const TenantId& tenant, std::string actor, Access access) const;

 private:
  const Tenants& tenants_;
};

}  // namespace warder::manager
