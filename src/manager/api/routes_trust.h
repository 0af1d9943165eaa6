// The Trust Center for those who operate it.
#pragma once

#include "manager/api/router.h"
#include "manager/trust/tenant_trust.h"

namespace warder::manager {

void add_trust_routes(Routes& routes, TrustCenter& center);
/// For every tenant: what it sees of how it is served.
void add_assurance_routes(Routes& routes, const TenantTrustParts& parts);

}  // namespace warder::manager
