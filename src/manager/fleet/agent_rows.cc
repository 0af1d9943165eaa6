#include "manager/fleet/agent_rows.h"

#include <algorithm>

#include "base/json.h"
#include "model/event.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxModulesBytes = 256 << 10;
constexpr std::chrono::hours kCloneShown{24};
constexpr std::chrono::hours kCertificateWarning{3 * 24};
constexpr int kMaxGroupDepth = 64;

enum Column : int {
  kId,
  kHostname,
  kGroup,
  kPolicy,
  kVersion,
  kEnrolled,
  kAgentVersion,
  kOs,
  kKernel,
  kAddress,
  kCloneSeen,
  kLastSeen,
  kClockOffset,
  kCertificateExpires,
  kPolicyDigest,
  kRefusedDigest,
  kPolicyError,
  kModules,
  kSpoolEvents,
  kModulesInForce,
  kAssetValue,
  kIsOnline,
  kNow,
};

json::object to_json(const AgentModule& module) {
  json::object counters;
  for (const auto& [key, value] : module.counters) counters[key] = value;
  return {
      {"module", module.module}, {"state", module.state}, {"reason", module.reason}, {"counters", std::move(counters)}};
}

Result<AgentModule> module_from_json(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "stored module: not an object");
  const json::object& object = value.as_object();
  AgentModule module;
  module.module = WD_TRY(get_string(object, "module"));
  module.state = WD_TRY(get_string(object, "state"));
  module.reason = WD_TRY(get_string(object, "reason"));
  for (const auto& [key, count] : *WD_TRY(get_object(object, "counters")))
    if (count.is_int64()) module.counters.emplace(key, count.as_int64());
  return module;
}

void read_reported(const Row& row, Agent& agent) {
  agent.agent_version = row.text(kAgentVersion);
  agent.os = row.text(kOs);
  agent.kernel = row.text(kKernel);
  agent.address = row.text(kAddress);
  agent.last_seen = optional_time(row, kLastSeen);
  if (!row.is_null(kClockOffset)) agent.clock_offset_ms = row.integer(kClockOffset);
  agent.certificate_expires = optional_time(row, kCertificateExpires);
  agent.policy_error = row.text(kPolicyError);
  agent.spool_events = row.integer(kSpoolEvents);
  if (!agent.last_seen)
    agent.state = AgentState::NeverConnected;
  else
    agent.state = row.integer(kIsOnline) != 0 ? AgentState::Online : AgentState::Offline;
}

}  // namespace

std::string_view state_condition(AgentState state) noexcept {
  // 3 missed heartbeats: kMissedHeartbeats.
  switch (state) {
    case AgentState::NeverConnected:
      return "last_seen IS NULL";
    case AgentState::Online:
      return "(connected = 1 AND last_seen IS NOT NULL AND last_seen >= ?1 - 3000000 * heartbeat_s)";
    case AgentState::Offline:
      return "(last_seen IS NOT NULL AND (connected = 0 OR last_seen < ?1 - 3000000 * heartbeat_s))";
  }
  return "1 = 0";
}

std::string_view protection_condition(Protection protection) noexcept {
  switch (protection) {
    case Protection::None:
      return "modules_in_force = 0";
    case Protection::Degraded:
      return "modules_degraded > 0";
  }
  return "1 = 0";
}

std::string select_agents(std::string_view where) {
  std::string sql =
      "SELECT id, hostname, group_id, policy_id, version, enrolled, agent_version, os, kernel, address, clone_seen, "
      "last_seen, clock_offset_ms, certificate_expires, policy_digest, refused_digest, policy_error, modules, "
      "spool_events, modules_in_force, asset_value, CASE WHEN ";
  sql += state_condition(AgentState::Online);
  sql += " THEN 1 ELSE 0 END, ?1 FROM agents WHERE ";
  sql += where;
  return sql;
}

Result<AgentRow> read_agent_row(const Row& row) {
  AgentRow result;
  Agent& agent = result.agent;
  agent.id = WD_TRY(parse_id<AgentId>(row.text(kId)));
  agent.hostname = row.text(kHostname);
  agent.group = WD_TRY(optional_id<GroupId>(row, kGroup));
  agent.policy = WD_TRY(optional_id<PolicyId>(row, kPolicy));
  agent.version = row.integer(kVersion);
  if (!row.is_null(kAssetValue)) agent.asset_value = row.integer(kAssetValue);
  agent.enrolled = from_micros(row.integer(kEnrolled));
  read_reported(row, agent);
  agent.modules = WD_TRY(modules_from_text(row.text(kModules)));
  // Unknown is never shown as safe: what a silent agent's modules do now, nobody knows.
  if (agent.state != AgentState::Online)
    for (AgentModule& module : agent.modules) module.state = "unknown";
  agent.warnings = warnings_of(agent, optional_time(row, kCloneSeen), from_micros(row.integer(kNow)));
  result.modules_in_force = row.integer(kModulesInForce);
  result.policy_digest = row.text(kPolicyDigest);
  result.refused_digest = row.text(kRefusedDigest);
  return result;
}

std::vector<std::string> warnings_of(const Agent& agent, std::optional<Timestamp> clone_seen, Timestamp now) {
  std::vector<std::string> warnings;
  if (agent.clock_offset_ms && std::chrono::abs(std::chrono::milliseconds{*agent.clock_offset_ms}) > kMaxClockOffset)
    warnings.emplace_back("agent.clock.wrong");
  if (clone_seen && now - *clone_seen < kCloneShown) warnings.emplace_back("agent.clone");
  if (agent.certificate_expires && *agent.certificate_expires <= now)
    warnings.emplace_back("agent.certificate.expired");
  else if (agent.certificate_expires && *agent.certificate_expires - now < kCertificateWarning)
    warnings.emplace_back("agent.certificate.expiring");
  return warnings;
}

std::string modules_to_text(const std::vector<AgentModule>& modules) {
  json::array array;
  for (const AgentModule& module : modules) array.push_back(to_json(module));
  return canonical_json(array);
}

Result<std::vector<AgentModule>> modules_from_text(const std::string& text) {
  const json::value value = WD_TRY(parse_json(text, kMaxModulesBytes).in("stored modules"));
  if (!value.is_array()) return fail(ErrorCode::Corrupt, "stored modules: not an array");
  std::vector<AgentModule> modules;
  for (const json::value& module : value.as_array()) modules.push_back(WD_TRY(module_from_json(module)));
  return modules;
}

std::int64_t count_in_force(const std::vector<AgentModule>& modules) {
  return std::ranges::count_if(modules, [](const AgentModule& module) {
    return parse_module(module.module) && (module.state == "on" || module.state == "degraded");
  });
}

std::int64_t count_degraded(const std::vector<AgentModule>& modules) {
  return std::ranges::count(modules, "degraded", &AgentModule::state);
}

Result<GroupTree> read_group_tree(Db& db) {
  GroupTree tree;
  WD_TRY(select(db, "SELECT id, parent_id, policy_id FROM agent_groups", {}, [&](const Row& row) -> Result<int> {
    const auto id = WD_TRY(parse_id<GroupId>(row.text(0)));
    tree[id] = {WD_TRY(optional_id<GroupId>(row, 1)), WD_TRY(optional_id<PolicyId>(row, 2))};
    return 0;
  }));
  return tree;
}

std::optional<PolicyId> policy_of_group(const GroupTree& tree, std::optional<GroupId> group) {
  for (int depth = 0; group && depth < kMaxGroupDepth; ++depth) {
    const auto found = tree.find(*group);
    if (found == tree.end()) return std::nullopt;
    if (found->second.policy) return found->second.policy;
    group = found->second.parent;
  }
  return std::nullopt;
}

}  // namespace warder::manager
