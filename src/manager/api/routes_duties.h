// Whose each organisational duty is, and when its evidence is due.
#pragma once

#include "manager/api/router.h"
#include "manager/trust/trust_center.h"

namespace warder::manager {

void add_duty_routes(Routes& routes, TrustCenter& center);

}  // namespace warder::manager
