#pragma once

#include "manager/api/router.h"
#include "manager/events/golden_hosts.h"
#include "manager/fleet/agents.h"
#include "manager/policies/policies.h"

namespace warder::manager {

/// getGoldenHost, setGoldenHost, clearGoldenHost.
void add_golden_routes(Routes& routes, GoldenHosts& golden, Agents& agents, Policies& policies);

}  // namespace warder::manager
