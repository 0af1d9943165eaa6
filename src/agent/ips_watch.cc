#include "agent/ips_watch.h"

#include <algorithm>

namespace warder::agent {
namespace {

constexpr std::uint64_t kFewTicks = 10'000'000;  // nanoseconds: of less nothing is concluded
constexpr std::uint64_t kFewMeasured = 200;      // evaluations of a rule

}  // namespace

std::vector<CostlyRule> IpsWatch::look(const RuleCosts& costs, const ips::Policy& settings) {
  std::vector<CostlyRule> costly;
  if (costs.ticks < all_ticks_) reset();  // the counters began anew
  const std::uint64_t all = costs.ticks - all_ticks_;
  if (all < kFewTicks) return costly;
  all_ticks_ = costs.ticks;
  for (const auto& [key, counters] : costs.rules) {
    const std::uint64_t before = std::exchange(ticks_[key], counters.ticks);
    const std::uint64_t own = counters.ticks >= before ? counters.ticks - before : counters.ticks;
    const auto percent = static_cast<unsigned>(std::min<std::uint64_t>(own * 100 / all, 100));
    if (counters.measured < kFewMeasured || percent <= static_cast<std::uint64_t>(settings.rule_budget_percent)) {
      times_over_.erase(key);
      continue;
    }
    const unsigned times = ++times_over_[key];
    costly.push_back({key, percent, counters.ticks / counters.measured, settings.suspend_costly && times >= 2});
  }
  return costly;
}

void IpsWatch::reset() {
  ticks_.clear();
  times_over_.clear();
  all_ticks_ = 0;
}

}  // namespace warder::agent
