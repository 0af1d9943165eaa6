#include "manager/alert_states.h"

#include <gtest/gtest.h>

#include <map>

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

constexpr Timestamp kNow = Timestamp{days(20'000)};
using Values = std::map<std::string, std::int64_t>;

Agent online() {
  Agent agent;
  agent.id = AgentId{};
  agent.hostname = "web-1";
  agent.state = AgentState::Online;
  agent.policy_state = PolicyState::Applied;
  agent.last_seen = kNow - seconds(90);
  agent.certificate_expires = kNow + days(30);
  return agent;
}

Values values_of(const Agent& agent) {
  Values values;
  for (const StateSample& each : agent_states(agent, kNow)) {
    EXPECT_EQ(each.group.at("host.name"), "web-1");
    EXPECT_EQ(each.group.at("agent"), agent.id.text());
    const auto module = each.group.find("module");
    values[each.state + (module == each.group.end() ? "" : " " + module->second)] = each.value;
  }
  return values;
}

TEST(AgentStates, OfOneThatIsWell) {
  Agent agent = online();
  agent.modules = {{"firewall", "on", "", {}}, {"ips", "off", "", {}}};
  EXPECT_EQ(values_of(agent), (Values{{"certificate.agent", -30},
                                      {"module.unhealthy firewall", 0},
                                      {"module.unhealthy ips", 0},
                                      {"policy.not-applied", 0},
                                      {"spool.backlog", 0}}));
}

TEST(AgentStates, OfOneThatIsNot) {
  Agent agent = online();
  agent.modules = {{"firewall", "degraded", "", {}}, {"ips", "on", "", {}}};
  agent.policy_state = PolicyState::Failed;
  agent.spool_events = 12'345;
  agent.warnings = {"agent.clock.wrong", "agent.clone", "another"};
  agent.certificate_expires = kNow - hours(30);
  EXPECT_EQ(values_of(agent), (Values{{"agent.clock", 1},
                                      {"agent.clone", 1},
                                      {"certificate.agent", 2},
                                      {"module.unhealthy firewall", 1},
                                      {"module.unhealthy ips", 0},
                                      {"policy.not-applied", 1},
                                      {"spool.backlog", 12'345}}));
}

TEST(AgentStates, APolicyThatIsNotAppliedYetIsOneAndNoneIsNot) {
  Agent agent = online();
  agent.policy_state = PolicyState::Pending;
  EXPECT_EQ(values_of(agent).at("policy.not-applied"), 1);
  agent.policy_state = PolicyState::None;
  EXPECT_EQ(values_of(agent).at("policy.not-applied"), 0);
}

TEST(AgentStates, OfOneThatIsOfflineOnlyWhatHoldsWithoutIt) {
  Agent agent = online();
  agent.state = AgentState::Offline;
  agent.modules = {{"firewall", "degraded", "", {}}};
  agent.spool_events = 5;
  agent.warnings = {"agent.clone"};
  EXPECT_EQ(values_of(agent), (Values{{"agent.clone", 1}, {"agent.silent", 90}, {"certificate.agent", -30}}));
}

TEST(AgentStates, NoneOfOneThatHasNeverConnected) {
  Agent agent = online();
  agent.state = AgentState::NeverConnected;
  EXPECT_TRUE(values_of(agent).empty());
}

TEST(AgentStates, DaysThatAreLeftOfACertificateAreWholeOnes) {
  Agent agent = online();
  agent.certificate_expires = kNow + days(7) + hours(23);
  EXPECT_EQ(values_of(agent).at("certificate.agent"), -7);
  agent.certificate_expires.reset();
  EXPECT_FALSE(values_of(agent).contains("certificate.agent"));
}

}  // namespace
}  // namespace warder::manager
