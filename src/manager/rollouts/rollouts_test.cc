#include "manager/rollouts/rollouts.h"

#include <algorithm>

#include "manager/fleet/testing.h"

namespace warder::manager {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class RolloutsTest : public FleetTest {
 protected:
  AgentId host(const std::string& hostname, std::optional<GroupId> group = {}) {
    const AgentId id = add_agent(hostname, group);
    connect(id, hostname);
    apply(id);
    return id;
  }
  std::string digest_for(const AgentId& id) {
    return policies_.effective(scope_, agents_.policy_of(scope_, id).value(), id).value().digest;
  }
  /// The agent puts into force what it gets now.
  void apply(const AgentId& id) {
    agents_.record_policy_result(scope_, id, digest_for(id), "");
    ASSERT_TRUE(agents_.flush());
  }
  void refuse(const AgentId& id) {
    agents_.record_policy_result(scope_, id, digest_for(id), "no");
    ASSERT_TRUE(agents_.flush());
  }
  void beat(const AgentId& id, const std::string& module_state = "on") {
    AgentHeartbeat heartbeat;
    heartbeat.modules = {{"integrity", module_state, "", {}}};
    agents_.record_heartbeat(scope_, id, heartbeat);
    ASSERT_TRUE(agents_.flush());
  }
  void wait(std::chrono::seconds time) {
    clock_.advance(time);
    for (const AgentId& id : hosts_) beat(id);
  }
  void keep_up() {
    const auto done = rollouts_.keep_up(job_);
    ASSERT_TRUE(done) << done.error().message;
  }
  Rollout start(std::vector<Ring> rings, int max_unhealthy = 0) {
    const auto rollout =
        rollouts_.start(scope_, base_.id, base_.etag(), {kNew, std::move(rings), minutes{10}, max_unhealthy});
    EXPECT_TRUE(rollout) << (rollout ? "" : rollout.error().message);
    return rollout.value();
  }
  Rollout now(const Rollout& rollout) { return rollouts_.find(scope_, rollout.id).value(); }
  std::vector<AgentId> reached() {
    const std::string plain = policies_.effective(scope_, base_.id).value().digest;
    std::vector<AgentId> found;
    for (const AgentId& id : hosts_)
      if (digest_for(id) != plain) found.push_back(id);
    return found;
  }
  bool is_audited(const std::string& action) {
    AuditQuery query;
    query.action = action;
    return !audit_.list(scope_, query).value().items.empty();
  }

  const boost::json::object kNew{{"agent", {{"heartbeat_s", 20}}}};
  const TenantScope job_ = tenants_.scope("job:rollouts");
  std::vector<std::string> told_;
  Rollouts rollouts_{*tenants_, audit_, policies_, agents_, clock_};
  Policy base_ = policies_.base(scope_).value();
  std::vector<AgentId> hosts_ = {host("a"), host("b"), host("c"), host("d")};

  void SetUp() override {
    rollouts_.set_tell([this](const TenantScope&, const RolloutNews& news) { told_.emplace_back(news.type); });
  }
};

TEST_F(RolloutsTest, GoesRingByRingAndEndsAsAVersion) {
  const Rollout rollout = start({{"canary", 25, {}, ""}, {"half", 50, {}, ""}});
  EXPECT_TRUE(reached().empty());
  for (const std::size_t expected : {1U, 2U, 4U}) {
    keep_up();
    ASSERT_EQ(reached().size(), expected);
    EXPECT_EQ(policies_.find(scope_, base_.id)->version, 1) << "the policy is as it was until the end";
    wait(minutes{5});
    keep_up();
    EXPECT_EQ(reached().size(), expected) << "the time is not over";
    for (const AgentId& id : reached()) apply(id);
    wait(minutes{5});
  }
  keep_up();
  EXPECT_EQ(now(rollout).state, RolloutState::Finished);
  const Policy after = policies_.find(scope_, base_.id).value();
  EXPECT_EQ(after.version, 2);
  EXPECT_EQ(after.document, kNew);
  EXPECT_EQ(after.modified_by, "user:1");
  for (const AgentId& id : hosts_) EXPECT_EQ(find(id).policy_state, PolicyState::Applied) << "nothing to apply again";
  EXPECT_EQ(told_, (std::vector<std::string>{"policy.rollout.started", "policy.rollout.finished"}));
  EXPECT_TRUE(is_audited("policy.rollout.start"));
  EXPECT_TRUE(is_audited("policy.rollout.ring"));
  EXPECT_TRUE(is_audited("policy.rollout.finish"));
}

TEST_F(RolloutsTest, BacksOutByItselfWhenAHostRefuses) {
  const Rollout rollout = start({{"half", 50, {}, ""}});
  keep_up();
  const std::vector<AgentId> first = reached();
  apply(first.at(0));
  refuse(first.at(1));
  keep_up();
  const Rollout after = now(rollout);
  EXPECT_EQ(after.state, RolloutState::BackedOut);
  EXPECT_EQ(after.reason, "1 of 2 hosts are not well in ring half");
  EXPECT_TRUE(reached().empty());
  EXPECT_EQ(policies_.find(scope_, base_.id)->version, 1);
  EXPECT_EQ(find(first.at(0)).policy_state, PolicyState::Pending) << "it is to get the old one again";
  const auto hosts = rollouts_.hosts(scope_, rollout.id, {}).value().items;
  ASSERT_EQ(hosts.size(), 2U);
  EXPECT_EQ(hosts.at(0).agent, first.at(1));
  EXPECT_EQ(hosts.at(0).problem, "refused");
  EXPECT_EQ(told_.back(), "policy.rollout.backed-out");
  EXPECT_TRUE(is_audited("policy.rollout.back-out"));
}

TEST_F(RolloutsTest, BacksOutWhenAModuleStaysDegradedButNotAtOnce) {
  const Rollout rollout = start({{"canary", 1, {}, ""}});
  keep_up();
  const AgentId first = reached().at(0);
  apply(first);
  beat(first, "degraded");
  keep_up();
  EXPECT_EQ(now(rollout).state, RolloutState::Running);
  clock_.advance(minutes{2});
  beat(first, "degraded");
  keep_up();
  EXPECT_EQ(now(rollout).state, RolloutState::BackedOut);
}

TEST_F(RolloutsTest, BacksOutWhenAHostIsLost) {
  const Rollout rollout = start({{"canary", 1, {}, ""}});
  keep_up();
  apply(reached().at(0));
  agents_.record_disconnect(scope_, reached().at(0));
  ASSERT_TRUE(agents_.flush());
  keep_up();
  EXPECT_EQ(now(rollout).state, RolloutState::Running);
  clock_.advance(minutes{2});
  keep_up();
  EXPECT_EQ(now(rollout).state, RolloutState::BackedOut);
  EXPECT_EQ(rollouts_.hosts(scope_, rollout.id, {})->items.at(0).problem, "lost");
}

TEST_F(RolloutsTest, DoesNotTakeSilenceForHealth) {
  for (const AgentId& id : hosts_) agents_.record_disconnect(scope_, id);
  ASSERT_TRUE(agents_.flush());
  const Rollout rollout = start({{"canary", 25, {}, ""}});
  keep_up();
  clock_.advance(std::chrono::hours{5});
  keep_up();
  EXPECT_EQ(now(rollout).opened, 1U);
  EXPECT_EQ(now(rollout).counts.at(0).absent, 1);
  ASSERT_TRUE(rollouts_.step(scope_, rollout.id, RolloutStep::Advance));
  keep_up();
  EXPECT_EQ(now(rollout).opened, 2U) << "a person may go on all the same";
}

TEST_F(RolloutsTest, RingsAreOfGroupsAndTags) {
  const Group web = groups_.create(scope_, {"Web", {}, {}}).value();
  const Group inner = groups_.create(scope_, {"Inner", web.id, {}}).value();
  const AgentId grouped = host("in-group", inner.id);
  AgentChange tags;
  tags.tags = {"early"};
  ASSERT_TRUE(agents_.update(scope_, hosts_.at(2), "*", tags));
  const PolicyId own = make_policy("Own").id;
  const AgentId inheriting = add_agent("inheriting", {}, own);
  const Rollout rollout = start({{"web", 0, {web.id}, ""}, {"tagged", 0, {}, "early"}});
  keep_up();
  hosts_.push_back(grouped);
  hosts_.push_back(inheriting);
  EXPECT_EQ(reached(), std::vector<AgentId>{grouped});
  ASSERT_TRUE(rollouts_.step(scope_, rollout.id, RolloutStep::Advance));
  keep_up();
  EXPECT_EQ(reached(), (std::vector<AgentId>{hosts_.at(2), grouped}));
  ASSERT_TRUE(rollouts_.step(scope_, rollout.id, RolloutStep::Advance));
  keep_up();
  const std::vector<AgentId> all = reached();
  EXPECT_EQ(all.size(), 6U) << "policies that inherit are concerned, too";
}

TEST_F(RolloutsTest, PausesAndGoesOn) {
  const Rollout rollout = start({{"canary", 25, {}, ""}});
  ASSERT_TRUE(rollouts_.step(scope_, rollout.id, RolloutStep::Pause));
  EXPECT_EQ(rollouts_.step(scope_, rollout.id, RolloutStep::Pause).error().code, ErrorCode::Conflict);
  keep_up();
  EXPECT_TRUE(reached().empty());
  ASSERT_TRUE(rollouts_.step(scope_, rollout.id, RolloutStep::Resume));
  keep_up();
  EXPECT_EQ(reached().size(), 1U);
  ASSERT_TRUE(rollouts_.step(scope_, rollout.id, RolloutStep::BackOut));
  EXPECT_EQ(now(rollout).reason, "by hand");
  EXPECT_EQ(rollouts_.step(scope_, rollout.id, RolloutStep::Resume).error().code, ErrorCode::Conflict);
}

TEST_F(RolloutsTest, NothingElseChangesThePolicyMeanwhile) {
  const Rollout rollout = start({{"canary", 25, {}, ""}});
  PolicyChange change;
  change.document = boost::json::object{{"agent", {{"heartbeat_s", 50}}}};
  EXPECT_EQ(policies_.update(scope_, base_.id, "*", change).error().code, ErrorCode::Conflict);
  EXPECT_EQ(rollouts_.start(scope_, base_.id, "*", {*change.document, {{"x", 5, {}, ""}}}).error().code,
            ErrorCode::Conflict);
  change.document.reset();
  change.description = "only words";
  EXPECT_TRUE(policies_.update(scope_, base_.id, "*", change));
  ASSERT_TRUE(rollouts_.step(scope_, rollout.id, RolloutStep::BackOut));
  change.document = boost::json::object{{"agent", {{"heartbeat_s", 50}}}};
  EXPECT_TRUE(policies_.update(scope_, base_.id, "*", change));
}

TEST_F(RolloutsTest, APolicyGoesWithItsRollouts) {
  const Policy own = make_policy("Own");
  const auto rollout = rollouts_.start(scope_, own.id, "*", {kNew, {{"canary", 5, {}, ""}}}).value();
  EXPECT_EQ(policies_.remove(scope_, own.id, "*").error().code, ErrorCode::Conflict);
  ASSERT_TRUE(rollouts_.step(scope_, rollout.id, RolloutStep::BackOut));
  ASSERT_TRUE(policies_.remove(scope_, own.id, "*"));
  EXPECT_EQ(rollouts_.find(scope_, rollout.id).error().code, ErrorCode::NotFound);
}

TEST_F(RolloutsTest, RefusesWhatIsNoRollout) {
  struct Case {
    std::string_view name;
    RolloutDraft draft;
    std::string_view pointer;
  };
  const GroupId group{};
  const Case cases[] = {
      {"no ring", {kNew, {}}, "/rings:"},
      {"too many", {kNew, std::vector<Ring>(8, {"x", 0, {}, "t"})}, "/rings:"},
      {"no name", {kNew, {{"", 5, {}, ""}}}, "/rings/0/name"},
      {"nobody", {kNew, {{"x", 0, {}, ""}}}, "/rings/0:"},
      {"two kinds", {kNew, {{"x", 5, {group}, ""}}}, "/rings/0:"},
      {"not growing", {kNew, {{"x", 5, {}, ""}, {"y", 5, {}, ""}}}, "/rings/1/percent"},
      {"everybody at once", {kNew, {{"x", 100, {}, ""}}}, "/rings/0/percent"},
      {"no change", {base_.document, {{"x", 5, {}, ""}}}, "/document"},
      {"a wrong setting", {{{"agent", {{"heartbeat_s", 1}}}}, {{"x", 5, {}, ""}}}, "/document"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto refused = rollouts_.start(scope_, base_.id, "*", c.draft);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Invalid);
    EXPECT_TRUE(refused.error().message.starts_with(c.pointer)) << refused.error().message;
  }
  EXPECT_EQ(rollouts_.start(scope_, base_.id, "\"7\"", {kNew, {{"x", 5, {}, ""}}}).error().code, ErrorCode::Stale);
  EXPECT_EQ(rollouts_.start(scope_, PolicyId{}, "*", {kNew, {{"x", 5, {}, ""}}}).error().code, ErrorCode::NotFound);
}

TEST_F(RolloutsTest, ListsNewestFirstPageByPage) {
  std::vector<RolloutId> made;
  for (int i = 0; i < 3; ++i) {
    const Rollout rollout = start({{"canary", 25, {}, ""}});
    made.push_back(rollout.id);
    ASSERT_TRUE(rollouts_.step(scope_, rollout.id, RolloutStep::BackOut));
    clock_.advance(seconds{1});
  }
  const auto first = rollouts_.list(scope_, base_.id, {2, ""}).value();
  ASSERT_EQ(first.items.size(), 2U);
  EXPECT_EQ(first.items.at(0).id, made.at(2));
  const auto second = rollouts_.list(scope_, base_.id, {2, *first.next_cursor}).value();
  ASSERT_EQ(second.items.size(), 1U);
  EXPECT_EQ(second.items.at(0).id, made.at(0));
  EXPECT_FALSE(second.next_cursor);
}

TEST_F(RolloutsTest, AnotherTenantsIsOutOfReach) {
  const Rollout rollout = start({{"canary", 25, {}, ""}});
  const TenantScope other = tenants_.scope_of(tenants_->add("other", Timestamp{})->id);
  EXPECT_EQ(rollouts_.find(other, rollout.id).error().code, ErrorCode::NotFound);
  EXPECT_EQ(rollouts_.step(other, rollout.id, RolloutStep::BackOut).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace warder::manager
