#include "manager/fleet/visibility.h"

#include "base/json.h"
#include "manager/fleet/agent_rows.h"
#include "manager/policies/sql.h"

namespace warder::manager {
namespace {

struct Place {
  AgentId id;
  std::optional<GroupId> group;
  std::optional<PolicyId> policy;
};

Result<Place> read_place(const Row& row) {
  return Place{WD_TRY(parse_id<AgentId>(row.text(0))), WD_TRY(optional_id<GroupId>(row, 1)),
               WD_TRY(optional_id<PolicyId>(row, 2))};
}

Result<void> add_tagged(Db& db, const std::set<std::string>& tags, std::set<AgentId>& agents) {
  for (const std::string& tag : tags) {
    const auto tagged =
        WD_TRY(select(db, "SELECT agent_id FROM agent_tags WHERE tag = ?1", {tag},
                      [](const Row& row) -> Result<AgentId> { return parse_id<AgentId>(row.text(0)); }));
    agents.insert(tagged.begin(), tagged.end());
  }
  return {};
}

/// The policy that applies, as text; Base where nothing else says so.
std::string policy_of(const GroupTree& tree, const Place& place, const std::string& base) {
  if (place.policy) return place.policy->text();
  const auto of_group = policy_of_group(tree, place.group);
  return of_group ? of_group->text() : base;
}

}  // namespace

Result<VisibleAgents> VisibleAgents::of(Db& config, const TenantScope& scope) {
  VisibleAgents visible;
  if (scope.is_whole()) return visible;
  std::set<AgentId>& ids = visible.ids_.emplace();
  const Reach& reach = scope.reach();
  WD_TRY(add_tagged(config, reach.tags, ids));
  if (reach.groups.empty() && reach.policies.empty()) return visible;
  const GroupTree tree = WD_TRY(read_group_tree(config));
  const auto base = WD_TRY(select_one(config, "SELECT id FROM policies WHERE parent_id IS NULL", {},
                                      [](const Row& row) -> Result<std::string> { return row.text(0); }));
  for (const Place& place : WD_TRY(select(config, "SELECT id, group_id, policy_id FROM agents", {}, read_place))) {
    const bool is_in_group = place.group && reach.groups.contains(place.group->text());
    if (is_in_group || reach.policies.contains(policy_of(tree, place, base.value_or("")))) ids.insert(place.id);
  }
  return visible;
}

std::string VisibleAgents::condition(std::string_view column, std::size_t number, Dialect dialect) const {
  if (!ids_) return {};
  return " AND " + in_json_array(column, number, dialect);
}

std::string VisibleAgents::value() const {
  json::array array;
  for (const AgentId& id : *ids_) array.emplace_back(json::string(id.text()));
  return json::serialize(array);
}

Result<void> check_visible(Db& config, const TenantScope& scope, const AgentId& agent) {
  if (WD_TRY(VisibleAgents::of(config, scope)).has(agent)) return {};
  return scope.hide("agent " + agent.text() + " does not exist");
}

Result<void> check_visible(const TenantScope& scope, const GroupId& group) {
  if (scope.is_whole() || scope.reach().groups.contains(group.text())) return {};
  return scope.hide("group " + group.text() + " does not exist");
}

Result<void> check_target(const TenantScope& scope, const std::optional<GroupId>& group) {
  if (scope.is_whole() || (group && scope.reach().groups.contains(group->text()))) return {};
  return scope.forbid("your scope does not reach this group");
}

Result<void> check_target(const TenantScope& scope, const std::optional<PolicyId>& policy) {
  if (scope.is_whole() || (policy && scope.reach().policies.contains(policy->text()))) return {};
  return scope.forbid("your scope does not reach this policy");
}

Result<void> check_target(const TenantScope& scope, const std::set<std::string>& tags) {
  if (scope.is_whole()) return {};
  for (const std::string& tag : tags)
    if (!scope.reach().tags.contains(tag)) return scope.forbid("your scope does not reach the tag '" + tag + "'");
  return {};
}

}  // namespace warder::manager
