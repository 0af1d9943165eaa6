// Written policies for people: for those who keep them, and for those who must acknowledge them.
#pragma once

#include "manager/api/router.h"
#include "manager/trust/trust_center.h"

namespace warder::manager {

void add_written_policy_routes(Routes& routes, TrustCenter& center);

}  // namespace warder::manager
