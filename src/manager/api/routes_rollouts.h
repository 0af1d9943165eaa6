#pragma once

#include "manager/api/router.h"
#include "manager/fleet/groups.h"
#include "manager/rollouts/rollouts.h"

namespace warder::manager {

class Approvals;

struct RolloutParts {
  Rollouts& rollouts;
  Policies& policies;
  Agents& agents;
  Groups& groups;
  Approvals* approvals;  // null: nobody need approve
};

/// listPolicyRollouts, startPolicyRollout, getRollout, listRolloutHosts, stepRollout, getAgentPolicy.
void add_rollout_routes(Routes& routes, const RolloutParts& parts);

}  // namespace warder::manager
