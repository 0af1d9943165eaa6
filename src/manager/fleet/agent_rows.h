// Between the agents table and struct Agent.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "manager/fleet/agents.h"
#include "manager/policies/sql.h"

namespace warder::manager {

/// One row of the agents table: what the record shows, and what it is worked out from.
struct AgentRow {
  Agent agent;
  std::string policy_digest;          // in force, as the agent said
  std::string refused_digest;         // the last one it refused
  std::int64_t modules_in_force = 0;  // of those that protect, as the agent last said
};

/// SELECT of what read_agent_row() reads; ?1 is the present time in microseconds in every statement made with it.
std::string select_agents(std::string_view where);
Result<AgentRow> read_agent_row(const Row& row);

/// SQL conditions on the state; ?1 is the present time in microseconds.
std::string_view state_condition(AgentState state) noexcept;
/// A condition over the columns of `agents`, without parameters.
std::string_view protection_condition(Protection protection) noexcept;

std::vector<std::string> warnings_of(const Agent& agent, std::optional<Timestamp> clone_seen, Timestamp now);

std::string modules_to_text(const std::vector<AgentModule>& modules);
Result<std::vector<AgentModule>> modules_from_text(const std::string& text);
/// Of those that protect: the inventory and what is forwarded are reported as well, and do not.
std::int64_t count_in_force(const std::vector<AgentModule>& modules);

Result<GroupTree> read_group_tree(Db& db);
/// The nearest group's policy on the way up, or nothing.
std::optional<PolicyId> policy_of_group(const GroupTree& tree, std::optional<GroupId> group);

}  // namespace warder::manager
