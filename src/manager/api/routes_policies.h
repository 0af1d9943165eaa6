#pragma once

#include "manager/api/router.h"
#include "manager/fleet/agents.h"
#include "manager/policies/policies.h"

namespace warder::manager {

/// listPolicies … restorePolicyVersion, getPolicySchema. `agents` tells how many use a policy.
void add_policy_routes(Routes& routes, Policies& policies, Agents& agents);

}  // namespace warder::manager
