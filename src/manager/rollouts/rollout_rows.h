// Between the tables of roll-outs (policies/trials.cc) and struct Rollout.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "manager/policies/sql.h"
#include "manager/rollouts/rollouts.h"

namespace warder::manager {

/// The rows of policy_rollouts for which `where` holds, with their counts.
Result<std::vector<Rollout>> read_rollouts(Db& db, std::string_view where, std::span<const DbValue> values);
/// NotFound when there is none.
Result<Rollout> read_rollout(Db& db, const RolloutId& id);
Result<void> insert_rollout(Db& db, const Rollout& rollout);

/// One row of policy_rollout_agents.
struct RolloutAgent {
  AgentId agent;
  std::size_t ring = 0;
  HostBefore before;
  HostJudgement judgement;
};
Result<std::vector<RolloutAgent>> read_rollout_agents(Db& db, const RolloutId& id);
Result<void> insert_rollout_agent(Db& db, const RolloutId& id, const RolloutAgent& agent);
Result<void> write_judgement(Db& db, const RolloutId& id, const AgentId& agent, const HostJudgement& judgement);

}  // namespace warder::manager
