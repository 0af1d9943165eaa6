// GET /system.
#pragma once

#include "host/clock.h"
#include "manager/api/router.h"

namespace warder::manager {

class Tenants;

void add_system_routes(Routes& routes, const Tenants& tenants, const host::Clock& clock);

}  // namespace warder::manager
