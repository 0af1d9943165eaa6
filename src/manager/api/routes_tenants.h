// The handlers about tenants: the operators' of all tenants, and each tenant's about itself.
#pragma once

#include <vector>

#include "manager/api/router.h"
#include "manager/provisioning/isolation_check.h"
#include "manager/provisioning/provisioning.h"
#include "manager/provisioning/tenant_export.h"
#include "manager/provisioning/usage.h"

namespace warder::manager {

struct TenantRoutesDeps {
  Tenants& tenants;
  Provisioning& provisioning;
  Usage& usage;
  const TenantExport& exports;
  IsolationCheck& isolation;
};

void add_tenant_routes(Routes& routes, const TenantRoutesDeps& deps);

}  // namespace warder::manager
