#include "manager/fleet/agents.h"

#include <algorithm>

#include "manager/fleet/agent_rows.h"
#include "manager/fleet/testing.h"

namespace warder::manager {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class AgentsTest : public FleetTest {};

TEST(FleetSchema, IsInTheCommonDialectAndEveryColumnIsDeclared) {
  const std::vector<FeatureSchema> schemas{policies_schema(), fleet_schema()};
  const auto checked = check_schemas(schemas);
  EXPECT_TRUE(checked) << checked.error().message;
}

TEST_F(AgentsTest, StateFollowsConnectionAndHeartbeats) {
  const AgentId id = add_agent("web-1");
  EXPECT_EQ(find(id).state, AgentState::NeverConnected);
  connect(id, "web-1");
  EXPECT_EQ(find(id).state, AgentState::Online);
  clock_.advance(seconds{90});
  EXPECT_EQ(find(id).state, AgentState::Online);
  clock_.advance(seconds{1});
  EXPECT_EQ(find(id).state, AgentState::Offline);
  agents_.record_heartbeat(scope_, id, {});
  ASSERT_TRUE(agents_.flush());
  EXPECT_EQ(find(id).state, AgentState::Online);
  agents_.record_disconnect(scope_, id);
  ASSERT_TRUE(agents_.flush());
  EXPECT_EQ(find(id).state, AgentState::Offline);
}

TEST_F(AgentsTest, AfterARestartNobodyIsConnected) {
  const AgentId id = add_agent("web-1");
  connect(id, "web-1");
  ASSERT_TRUE(agents_.reset_connections(scope_));
  EXPECT_EQ(find(id).state, AgentState::Offline);
}

TEST_F(AgentsTest, WhatASilentAgentsModulesDoIsUnknown) {
  const AgentId id = add_agent("web-1");
  connect(id, "web-1");
  AgentHeartbeat heartbeat;
  heartbeat.modules = {{"integrity", "on", "", {{"files", 12}}}};
  heartbeat.spool_events = 7;
  agents_.record_heartbeat(scope_, id, heartbeat);
  ASSERT_TRUE(agents_.flush());
  EXPECT_EQ(find(id).modules, heartbeat.modules);
  EXPECT_EQ(find(id).spool_events, 7);
  clock_.advance(minutes{10});
  EXPECT_EQ(find(id).modules.at(0).state, "unknown");
}

TEST_F(AgentsTest, WarnsOfClockCloneAndCertificate) {
  const AgentId id = add_agent("web-1");
  connect(id, "web-1");
  EXPECT_TRUE(find(id).warnings.empty());
  for (const std::int64_t offset_ms : {std::int64_t{300'001}, std::int64_t{-172'800'000}}) {
    AgentHeartbeat heartbeat;
    heartbeat.clock_offset_ms = offset_ms;
    agents_.record_heartbeat(scope_, id, heartbeat);
    ASSERT_TRUE(agents_.flush());
    EXPECT_EQ(find(id).clock_offset_ms, offset_ms);
    EXPECT_EQ(find(id).warnings, std::vector<std::string>{"agent.clock.wrong"});
  }
  agents_.record_heartbeat(scope_, id, {});
  EXPECT_TRUE(agents_.record_hello(scope_, id, hello("web-1", "m2"))->is_clone);
  EXPECT_FALSE(agents_.record_hello(scope_, id, hello("web-1", "m2"))->is_clone);
  ASSERT_TRUE(agents_.flush());
  EXPECT_EQ(find(id).warnings, std::vector<std::string>{"agent.clone"});
  clock_.advance(std::chrono::days{28});
  EXPECT_EQ(find(id).warnings, std::vector<std::string>{"agent.certificate.expiring"});
  clock_.advance(std::chrono::days{2});
  EXPECT_EQ(find(id).warnings, std::vector<std::string>{"agent.certificate.expired"});
  agents_.record_certificate(scope_, id, clock_.now() + std::chrono::days{30});
  ASSERT_TRUE(agents_.flush());
  EXPECT_TRUE(find(id).warnings.empty());
}

TEST_F(AgentsTest, PolicyIsTheOwnElseTheNearestGroupsElseBase) {
  const Policy own = make_policy("Own");
  const Policy outer_policy = make_policy("Outer");
  const Group outer = groups_.create(scope_, {"Outer", {}, outer_policy.id}).value();
  const Group inner = groups_.create(scope_, {"Inner", outer.id, {}}).value();
  const PolicyId base = policies_.base(scope_)->id;
  EXPECT_EQ(agents_.policy_of(scope_, add_agent("a")), base);
  EXPECT_EQ(agents_.policy_of(scope_, add_agent("b", inner.id)), outer_policy.id);
  EXPECT_EQ(agents_.policy_of(scope_, add_agent("c", inner.id, own.id)), own.id);
  EXPECT_EQ(agents_.policy_of(scope_, AgentId{}).error().code, ErrorCode::NotFound);
  const auto all = agents_.policies_of_all(scope_).value();
  EXPECT_EQ(all.size(), 3U);
  for (const auto& [id, policy] : all) EXPECT_EQ(agents_.policy_of(scope_, id), policy);
  const std::map<PolicyId, std::int64_t> wanted{{base, 1}, {outer_policy.id, 1}, {own.id, 1}};
  EXPECT_EQ(agents_.count_by_policy(scope_).value(), wanted);
}

TEST_F(AgentsTest, PolicyStateComparesWhatIsInForceWithWhatShouldBe) {
  const AgentId id = add_agent("web-1");
  EXPECT_EQ(find(id).policy_state, PolicyState::None);
  connect(id, "web-1");
  EXPECT_EQ(find(id).policy_state, PolicyState::Pending);
  const std::string digest = policies_.effective(scope_, policies_.base(scope_)->id)->digest;
  agents_.record_policy_result(scope_, id, digest, "");
  ASSERT_TRUE(agents_.flush());
  EXPECT_EQ(find(id).policy_state, PolicyState::Applied);
  PolicyChange change;
  change.document = boost::json::object{{"agent", {{"heartbeat_s", 20}}}};
  ASSERT_TRUE(policies_.update(scope_, policies_.base(scope_)->id, "*", change));
  EXPECT_EQ(find(id).policy_state, PolicyState::Pending);
  agents_.record_policy_result(scope_, id, policies_.effective(scope_, policies_.base(scope_)->id)->digest, "no");
  ASSERT_TRUE(agents_.flush());
  EXPECT_EQ(find(id).policy_state, PolicyState::Failed);
  EXPECT_EQ(find(id).policy_error, "no");
}

TEST_F(AgentsTest, UpdateChecksReferencesAndEtagAndTellsTheBus) {
  const AgentId id = add_agent("web-1");
  const Policy policy = make_policy("P");
  changes_.clear();
  AgentChange change;
  change.policy = policy.id;
  const auto updated = agents_.update(scope_, id, find(id).etag(), change);
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_EQ(updated->policy, policy.id);
  ASSERT_EQ(changes_.size(), 1U);
  EXPECT_EQ(changes_[0].agent, id);
  EXPECT_EQ(agents_.update(scope_, id, "\"1\"", change).error().code, ErrorCode::Stale);
  change.policy = PolicyId{};
  EXPECT_TRUE(agents_.update(scope_, id, "*", change).error().message.starts_with("/policy_id:"));
  change = {};
  change.group = GroupId{};
  EXPECT_TRUE(agents_.update(scope_, id, "*", change).error().message.starts_with("/group_id:"));
  EXPECT_EQ(policies_.remove(scope_, policy.id, "*").error().code, ErrorCode::Conflict) << "it is in use";
}

TEST_F(AgentsTest, RemovedAgentIsGone) {
  const AgentId id = add_agent("web-1");
  ASSERT_TRUE(commands_.create(scope_, id, {"", "self-test", {}}));
  ASSERT_TRUE(agents_.remove(scope_, id, "*"));
  EXPECT_EQ(agents_.find(scope_, id).error().code, ErrorCode::NotFound);
  EXPECT_EQ(agents_.record_hello(scope_, id, hello("web-1")).error().code, ErrorCode::NotFound);
  agents_.record_heartbeat(scope_, id, {});
  EXPECT_TRUE(agents_.flush());
}

TEST_F(AgentsTest, ListFiltersAndPages) {
  std::vector<std::string> all;
  for (int i = 0; i < 7; ++i) all.push_back("Web_" + std::to_string(i));
  const Group group = groups_.create(scope_, {"G", {}, {}}).value();
  for (const std::string& hostname : all)
    add_agent(hostname, hostname == "Web_3" ? std::optional(group.id) : std::nullopt);
  add_agent("db%1");
  const auto names = [&](const AgentFilter& filter) {
    std::vector<std::string> found;
    PageRequest request{2, ""};
    for (int pages = 0; pages < 10; ++pages) {
      const auto page = agents_.list(scope_, filter, request).value();
      for (const Agent& agent : page.items) found.push_back(agent.hostname);
      if (!page.next_cursor) break;
      request.cursor = *page.next_cursor;
    }
    return found;
  };
  EXPECT_EQ(names({{}, {}, "web"}), all);
  EXPECT_EQ(names({{}, {}, "%"}), std::vector<std::string>{"db%1"});
  EXPECT_EQ(names({{}, group.id, ""}), std::vector<std::string>{"Web_3"});
  EXPECT_EQ(names({AgentState::NeverConnected, {}, ""}).size(), 8U);
  EXPECT_TRUE(names({AgentState::Online, {}, ""}).empty());
}

TEST_F(AgentsTest, TwoAgentsOfOneNameAreBothListed) {
  add_agent("same");
  add_agent("same");
  PageRequest request{1, ""};
  const auto first = agents_.list(scope_, {}, request).value();
  request.cursor = first.next_cursor.value();
  const auto second = agents_.list(scope_, {}, request).value();
  EXPECT_NE(first.items.at(0).id, second.items.at(0).id);
  EXPECT_FALSE(second.next_cursor);
}

TEST_F(AgentsTest, SummaryCounts) {
  add_agent("never");
  const AgentId online = add_agent("on");
  connect(online, "on");
  AgentHeartbeat heartbeat;
  heartbeat.modules = {{"integrity", "degraded", "integrity.watch.overflow", {}}};
  agents_.record_heartbeat(scope_, online, heartbeat);
  const AgentId offline = add_agent("off");
  connect(offline, "off");
  heartbeat.modules = {{"inventory", "on", "", {}}, {"forwarding", "on", "", {}}};  // neither protects
  agents_.record_heartbeat(scope_, offline, heartbeat);
  agents_.record_disconnect(scope_, offline);
  ASSERT_TRUE(agents_.flush());
  const FleetSummary summary = agents_.summary(scope_).value();
  EXPECT_EQ(summary.agents, 3);
  EXPECT_EQ(summary.online, 1);
  EXPECT_EQ(summary.offline, 1);
  EXPECT_EQ(summary.degraded_modules, 1);
  EXPECT_EQ(summary.pending_policies, 2);
  EXPECT_EQ(summary.unprotected, 2);
  EXPECT_EQ(agents_.summary(scope_, GroupId{}).value().agents, 0);
  AgentFilter filter;
  filter.protection = Protection::None;
  EXPECT_EQ(agents_.list(scope_, filter, {10, ""}).value().items.size(), 2U);
  filter.protection = Protection::Degraded;
  EXPECT_EQ(agents_.list(scope_, filter, {10, ""}).value().items.at(0).id, online);
}

TEST_F(AgentsTest, AnotherTenantsAgentIsOutOfReach) {
  const AgentId id = add_agent("web-1");
  const auto other = tenants_.scope_of(tenants_->add("other", Timestamp{})->id);
  EXPECT_EQ(agents_.find(other, id).error().code, ErrorCode::NotFound);
  EXPECT_EQ(agents_.remove(other, id, "*").error().code, ErrorCode::NotFound);
  EXPECT_EQ(agents_.record_hello(other, id, hello("x")).error().code, ErrorCode::NotFound);
  EXPECT_EQ(commands_.create(other, id, {"", "self-test", {}}).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace warder::manager
