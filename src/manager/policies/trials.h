// What some agents get ahead of the others: the documents of roll-outs that are under way. The tables are written by
// manager/rollouts.
#pragma once

#include <boost/json.hpp>
#include <map>
#include <set>
#include <vector>

#include "base/result.h"
#include "manager/store/db.h"
#include "manager/store/migrations.h"
#include "model/ids.h"

namespace warder::manager {

using RolloutId = Id<struct RolloutTag>;

struct Trial {
  RolloutId rollout;
  boost::json::object document;  // in the place of the policy's own
  std::set<AgentId> agents;      // that get it
};
using Trials = std::map<PolicyId, Trial>;

Result<Trials> read_trials(Db& db);
/// Conflict when a roll-out of the policy is under way.
Result<void> check_no_rollout(Db& db, const PolicyId& policy);

Migration rollouts_migration();
std::vector<StoredField> rollouts_fields();

}  // namespace warder::manager
