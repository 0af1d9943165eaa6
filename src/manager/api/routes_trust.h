// The Trust Center for those who operate it.
#pragma once

#include "manager/api/router.h"
#include "manager/trust/tenant_trust.h"

namespace warder::manager {

/// The caller's scope when it is that of the first tenant's operators, for the whole tenant; else Forbidden. The
/// promises are theirs: details are for nobody else.
Result<const TenantScope*> trust_operators(const TrustCenter& center, const ApiRequest& request);

void add_trust_routes(Routes& routes, TrustCenter& center);
/// For every tenant: what it sees of how it is served.
void add_assurance_routes(Routes& routes, const TenantTrustParts& parts);

}  // namespace warder::manager
