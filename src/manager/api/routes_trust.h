// The Trust Center for those who operate it.
#pragma once

#include "manager/api/router.h"
#include "manager/trust/trust_center.h"

namespace warder::manager {

void add_trust_routes(Routes& routes, TrustCenter& center);

}  // namespace warder::manager
