// Which hosts a filter over hosts means. What it needs beside a host's own record is read once; every answer is of now.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "manager/events/filter.h"
#include "manager/fleet/agents.h"

namespace warder::manager {

/// Single-threaded; of one request.
class HostMatcher {
 public:
  HostMatcher(const HostMatcher&) = delete;  // facts_ points into filters_
  HostMatcher& operator=(const HostMatcher&) = delete;
  HostMatcher(HostMatcher&&) = default;
  HostMatcher& operator=(HostMatcher&&) = default;
  ~HostMatcher() = default;

  /// All of the filters must hold. Invalid when one is none.
  static Result<HostMatcher> of(Db& config, const std::vector<std::string>& filters);

  [[nodiscard]] bool takes_all() const noexcept { return filters_.empty(); }
  /// `policy` applies to the agent.
  [[nodiscard]] bool matches(const Agent& agent, const PolicyId& policy) const;

 private:
  HostMatcher() = default;
  [[nodiscard]] bool matches(const FilterTerm& term, const Agent& agent, const PolicyId& policy) const;
  [[nodiscard]] std::vector<FilterValue> values_of(std::string_view key, const Agent& agent,
                                                   const PolicyId& policy) const;
  [[nodiscard]] std::vector<FilterValue> groups_of(const Agent& agent) const;
  Result<void> read_names(Db& config);
  Result<void> read_facts(Db& config, const Filter& filter);

  struct GroupName {
    std::string name;
    std::optional<GroupId> parent;
  };
  std::vector<Filter> filters_;
  std::unordered_map<GroupId, GroupName> groups_;
  std::unordered_map<PolicyId, std::string> policies_;
  std::map<const FilterTerm*, std::set<std::string>> facts_;  // the agents with a fact that is as the term asks
};

}  // namespace warder::manager
