// Watches what rules cost: reports one over its budget, and says when it is to be suspended. Single-threaded.
#pragma once

#include <map>
#include <vector>

#include "agent/ips_judge.h"

namespace warder::agent {

struct CostlyRule {
  RuleKey rule;
  unsigned percent = 0;           // of the time of inspection
  std::uint64_t nanoseconds = 0;  // an evaluation takes
  bool is_to_be_suspended = false;
};

class IpsWatch {
 public:
  /// `costs` are totals since the policy came. A rule is judged by what it cost since the look before.
  std::vector<CostlyRule> look(const RuleCosts& costs, const ips::Policy& settings);
  /// Other rules: begin anew.
  void reset();

 private:
  std::map<RuleKey, std::uint64_t> ticks_;  // at the look before
  std::uint64_t all_ticks_ = 0;
  std::map<RuleKey, unsigned> times_over_;
};

}  // namespace warder::agent
