#include "manager/rollouts/ring_health.h"

#include <algorithm>
#include <array>

namespace warder::manager {
namespace {

using enum HostVerdict;

HostJudgement unhealthy(std::string_view problem, std::optional<Timestamp> since = {}) {
  return {Unhealthy, std::string{problem}, since};
}

/// What is wrong with the host since the change; empty: nothing.
std::string_view illness(const HostBefore& before, const Agent& agent) {
  if (agent.state != AgentState::Online) return before.was_present ? "lost" : "";
  return count_degraded(agent.modules) > 0 && !before.was_degraded ? "degraded" : "";
}

}  // namespace

std::string_view name(HostVerdict verdict) noexcept {
  switch (verdict) {
    case Waiting:
      return "waiting";
    case Healthy:
      return "healthy";
    case Unhealthy:
      return "unhealthy";
    case Absent:
      return "absent";
  }
  return "";
}

Result<HostVerdict> parse_host_verdict(std::string_view text) {
  for (const HostVerdict verdict : {Waiting, Healthy, Unhealthy, Absent})
    if (name(verdict) == text) return verdict;
  return fail(ErrorCode::Corrupt, "stored verdict: " + std::string{text});
}

HostJudgement judge(const HostBefore& before, const Agent& now_is, std::optional<Timestamp> bad_since, bool is_soaked,
                    Timestamp now) {
  if (now_is.policy_state == PolicyState::Failed) return unhealthy("refused");
  if (const std::string_view ill = illness(before, now_is); !ill.empty()) {
    const Timestamp since = bad_since.value_or(now);
    if (now - since >= kIllnessLasts) return unhealthy(ill, since);
    return {Waiting, "", since};
  }
  if (now_is.state != AgentState::Online) return {Absent, "", {}};
  if (now_is.policy_state == PolicyState::Applied) return {Healthy, "", {}};
  // Who came back only now has its time still before it.
  if (is_soaked && before.was_present) return unhealthy("not-applied");
  return {Waiting, "", {}};
}

void RingCounts::add(HostVerdict verdict) noexcept {
  ++hosts;
  switch (verdict) {
    case Waiting:
      ++waiting;
      break;
    case Healthy:
      ++healthy;
      break;
    case Unhealthy:
      ++unhealthy;
      break;
    case Absent:
      ++absent;
      break;
  }
}

RingMove decide(std::span<const RingCounts> rings, int max_percent, bool is_soaked) {
  constexpr std::int64_t kWhole = 100;
  std::int64_t ill = 0;
  std::int64_t present = 0;
  for (const RingCounts& ring : rings) {
    ill += ring.unhealthy;
    present += ring.hosts - ring.absent;
  }
  if (ill * kWhole > present * max_percent) return RingMove::BackOut;
  const RingCounts& ring = rings.back();
  if (ring.hosts == 0) return RingMove::Advance;
  return is_soaked && ring.waiting == 0 && ring.healthy > 0 ? RingMove::Advance : RingMove::Wait;
}

}  // namespace warder::manager
