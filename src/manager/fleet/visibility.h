// The agents that a scope reaches.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "manager/store/dialect.h"
#include "manager/tenancy/tenant_scope.h"
#include "model/ids.h"

namespace warder::manager {

/// Worked out once a request, from groups, policies and tags as they are now. Immutable.
class VisibleAgents {
 public:
  static Result<VisibleAgents> of(Db& config, const TenantScope& scope);

  [[nodiscard]] bool are_all() const noexcept { return !ids_; }
  [[nodiscard]] bool has(const AgentId& agent) const { return !ids_ || ids_->contains(agent); }
  /// Only when they are not all.
  [[nodiscard]] const std::set<AgentId>& ids() const noexcept { return *ids_; }
  /// " AND <column> IN …" over the value of ?number; empty when they are all, and then nothing is bound.
  [[nodiscard]] std::string condition(std::string_view column, std::size_t number, Dialect dialect) const;
  /// What ?number is.
  [[nodiscard]] std::string value() const;

 private:
  std::optional<std::set<AgentId>> ids_;  // absent: all
};

/// NotFound, as for one that does not exist, when the scope does not reach the agent.
Result<void> check_visible(Db& config, const TenantScope& scope, const AgentId& agent);
/// The same for a group.
Result<void> check_visible(const TenantScope& scope, const GroupId& group);

/// Forbidden when somebody with a part of the fleet would put something where that part does not reach: a group, a
/// policy or a tag outside of it, or none.
Result<void> check_target(const TenantScope& scope, const std::optional<GroupId>& group);
Result<void> check_target(const TenantScope& scope, const std::optional<PolicyId>& policy);
Result<void> check_target(const TenantScope& scope, const std::set<std::string>& tags);

}  // namespace warder::manager
