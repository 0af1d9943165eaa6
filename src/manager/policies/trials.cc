#include "manager/policies/trials.h"

#include "base/json.h"
#include "manager/policies/sql.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxStoredBytes = 512 << 10;

}  // namespace

Result<Trials> read_trials(Db& db) {
  Trials trials;
  std::map<RolloutId, PolicyId> policies;
  const auto rollout = [&](const Row& row) -> Result<int> {
    const auto policy = WD_TRY(parse_id<PolicyId>(row.text(0)));
    const auto id = WD_TRY(parse_id<RolloutId>(row.text(1)));
    json::value document = WD_TRY(parse_json(row.text(2), kMaxStoredBytes).in("stored roll-out"));
    if (!document.is_object()) return fail(ErrorCode::Corrupt, "stored roll-out: not an object");
    policies.emplace(id, policy);
    trials.emplace(policy, Trial{id, std::move(document.as_object()), {}});
    return 0;
  };
  WD_TRY(select(db, "SELECT policy_id, id, document FROM policy_rollouts WHERE ended IS NULL", {}, rollout));
  if (trials.empty()) return trials;
  const auto agent = [&](const Row& row) -> Result<int> {
    const auto found = policies.find(WD_TRY(parse_id<RolloutId>(row.text(0))));
    if (found != policies.end()) trials[found->second].agents.insert(WD_TRY(parse_id<AgentId>(row.text(1))));
    return 0;
  };
  WD_TRY(select(db,
                "SELECT a.rollout_id, a.agent_id FROM policy_rollout_agents a "
                "JOIN policy_rollouts r ON r.id = a.rollout_id WHERE r.ended IS NULL",
                {}, agent));
  return trials;
}

Result<void> check_no_rollout(Db& db, const PolicyId& policy) {
  const auto open =
      WD_TRY(select_one(db, "SELECT id FROM policy_rollouts WHERE policy_id = ?1 AND ended IS NULL", {policy.text()},
                        [](const Row& row) -> Result<std::string> { return row.text(0); }));
  if (!open) return {};
  return fail(ErrorCode::Conflict, "a roll-out of this policy is under way: let it finish, or back it out first");
}

Migration rollouts_migration() {
  return {2,
          "roll-outs in rings",
          {"CREATE TABLE policy_rollouts (id TEXT NOT NULL PRIMARY KEY, "
           "policy_id TEXT NOT NULL REFERENCES policies (id) ON DELETE CASCADE, document TEXT NOT NULL, "
           "base_version BIGINT NOT NULL, rings TEXT NOT NULL, opened BIGINT NOT NULL, ring_started BIGINT NOT NULL, "
           "is_forced BIGINT NOT NULL, soak_s BIGINT NOT NULL, max_unhealthy_percent BIGINT NOT NULL, state TEXT NOT "
           "NULL, reason TEXT NOT NULL, "
           "started BIGINT NOT NULL, started_by TEXT NOT NULL, ended BIGINT)",
           "CREATE INDEX policy_rollouts_policy ON policy_rollouts (policy_id, started)",
           "CREATE TABLE policy_rollout_agents (rollout_id TEXT NOT NULL REFERENCES policy_rollouts (id) "
           "ON DELETE CASCADE, agent_id TEXT NOT NULL, ring BIGINT NOT NULL, was_present BIGINT NOT NULL, "
           "was_degraded BIGINT NOT NULL, bad_since BIGINT, verdict TEXT NOT NULL, problem TEXT NOT NULL, "
           "PRIMARY KEY (rollout_id, agent_id))"}};
}

std::vector<StoredField> rollouts_fields() {
  std::vector<StoredField> fields{{"policy_rollouts", "started_by", PersonalData::Identifier}};
  for (const std::string_view column :
       {"id", "policy_id", "document", "base_version", "rings", "opened", "is_forced", "ring_started", "soak_s",
        "max_unhealthy_percent", "state", "reason", "started", "ended"})
    fields.push_back({"policy_rollouts", column, PersonalData::None});
  for (const std::string_view column :
       {"rollout_id", "agent_id", "ring", "was_present", "was_degraded", "bad_since", "verdict", "problem"})
    fields.push_back({"policy_rollout_agents", column, PersonalData::None});
  return fields;
}

}  // namespace warder::manager
