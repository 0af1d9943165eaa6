// What a policy's firewall does, told by the engine that agents run.
#pragma once

#include "host/clock.h"
#include "manager/api/router.h"
#include "manager/policies/policies.h"

namespace warder::manager {

/// The parts outlive the routes.
void add_firewall_routes(Routes& routes, Policies& policies, const host::Clock& clock);

}  // namespace warder::manager
