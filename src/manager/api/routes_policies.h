#pragma once

#include "manager/api/router.h"
#include "manager/fleet/agents.h"
#include "manager/policies/policies.h"

namespace warder::manager {

class Approvals;

/// listPolicies … restorePolicyVersion, getPolicySchema. `agents` tells how many use a policy. `approvals` (null:
/// nobody need approve) are asked where a change lets intrusion prevention block more.
void add_policy_routes(Routes& routes, Policies& policies, Agents& agents, Approvals* approvals = nullptr);

}  // namespace warder::manager
