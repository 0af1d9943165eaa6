// The right to touch one tenant's data, as a value. Every store function takes one; only identity makes them, from an
// authenticated request, an agent's certificate or a job, so that forgetting the tenant does not compile.
#pragma once

#include <string>

#include "model/ids.h"

namespace warder::manager {

class ScopeMaker;

class TenantScope {
 public:
  [[nodiscard]] const TenantId& tenant() const noexcept { return tenant_; }
  /// Who acts: "user:<id>", "agent:<id>", "job:<name>"; written to audit entries.
  [[nodiscard]] const std::string& actor() const noexcept { return actor_; }

 private:
  friend class ScopeMaker;
  TenantScope(TenantId tenant, std::string actor) : tenant_(tenant), actor_(std::move(actor)) {}
  TenantId tenant_;
  std::string actor_;
};

}  // namespace warder::manager
