#include "manager/rollouts/ring_health.h"

#include <gtest/gtest.h>

namespace warder::manager {
namespace {

using std::chrono::minutes;

const Timestamp kNow = from_micros(1'800'000'000'000'000);
constexpr HostBefore kWell{true, false};

Agent agent(AgentState state, PolicyState policy, const std::string& module = "on") {
  Agent result;
  result.state = state;
  result.policy_state = policy;
  result.modules = {{"integrity", module, "", {}}};
  return result;
}

TEST(RingHealth, JudgesAHostByWhatChangedSinceItsRingWasOpened) {
  struct Case {
    std::string_view name;
    HostBefore before;
    Agent agent;
    std::optional<Timestamp> bad_since;
    bool is_soaked;
    HostJudgement expected;
  };
  using enum HostVerdict;
  const auto online = AgentState::Online;
  const auto offline = AgentState::Offline;
  const Case cases[] = {
      {"applied", kWell, agent(online, PolicyState::Applied), {}, false, {Healthy, "", {}}},
      {"pending", kWell, agent(online, PolicyState::Pending), {}, false, {Waiting, "", {}}},
      {"pending for too long", kWell, agent(online, PolicyState::Pending), {}, true, {Unhealthy, "not-applied", {}}},
      {"refused", kWell, agent(online, PolicyState::Failed), {}, false, {Unhealthy, "refused", {}}},
      {"lost just now", kWell, agent(offline, PolicyState::Applied), {}, true, {Waiting, "", kNow}},
      {"lost",
       kWell,
       agent(offline, PolicyState::Applied),
       kNow - minutes{2},
       false,
       {Unhealthy, "lost", kNow - minutes{2}}},
      {"was never there", {false, false}, agent(offline, PolicyState::Pending), {}, true, {Absent, "", {}}},
      {"came back", {false, false}, agent(online, PolicyState::Pending), {}, true, {Waiting, "", {}}},
      {"degraded just now", kWell, agent(online, PolicyState::Applied, "degraded"), {}, false, {Waiting, "", kNow}},
      {"degraded",
       kWell,
       agent(online, PolicyState::Applied, "degraded"),
       kNow - minutes{3},
       false,
       {Unhealthy, "degraded", kNow - minutes{3}}},
      {"was degraded before",
       {true, true},
       agent(online, PolicyState::Applied, "degraded"),
       {},
       false,
       {Healthy, "", {}}},
      {"well again", kWell, agent(online, PolicyState::Applied), kNow - minutes{1}, false, {Healthy, "", {}}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(judge(c.before, c.agent, c.bad_since, c.is_soaked, kNow), c.expected);
  }
}

TEST(RingHealth, DecidesByAllOpenedRings) {
  struct Case {
    std::string_view name;
    std::vector<RingCounts> rings;
    int max_percent;
    bool is_soaked;
    RingMove expected;
  };
  // hosts, waiting, healthy, unhealthy, absent
  const Case cases[] = {
      {"not soaked", {{2, 0, 2, 0, 0}}, 0, false, RingMove::Wait},
      {"soaked and well", {{2, 0, 2, 0, 0}}, 0, true, RingMove::Advance},
      {"one ill of many", {{100, 0, 99, 1, 0}}, 0, false, RingMove::BackOut},
      {"as many ill as allowed", {{100, 0, 99, 1, 0}}, 1, true, RingMove::Advance},
      {"the absent do not count", {{100, 0, 9, 1, 90}}, 5, true, RingMove::BackOut},
      {"somebody waits", {{2, 1, 1, 0, 0}}, 0, true, RingMove::Wait},
      {"nobody there says nothing", {{2, 0, 0, 0, 2}}, 0, true, RingMove::Wait},
      {"nobody in it", {{2, 0, 2, 0, 0}, {0, 0, 0, 0, 0}}, 0, false, RingMove::Advance},
      {"an earlier ring falls ill", {{2, 0, 1, 1, 0}, {50, 0, 50, 0, 0}}, 1, true, RingMove::BackOut},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(decide(c.rings, c.max_percent, c.is_soaked), c.expected);
  }
}

TEST(RingHealth, VerdictsHaveNames) {
  for (const HostVerdict verdict :
       {HostVerdict::Waiting, HostVerdict::Healthy, HostVerdict::Unhealthy, HostVerdict::Absent})
    EXPECT_EQ(parse_host_verdict(name(verdict)).value(), verdict);
  EXPECT_FALSE(parse_host_verdict("ill"));
}

}  // namespace
}  // namespace warder::manager
