#include "manager/trust/probes.h"

#include <gtest/gtest.h>

#include "manager/events/testing.h"
#include "manager/identity/rows.h"
#include "manager/trust/checks.h"

namespace warder::manager {
namespace {

using std::chrono::days;

struct ProbesTest : ::testing::Test {
  EventStoreOptions options() {
    EventStoreOptions options;
    options.treatment = [this](const TenantScope& scope, std::span<Event* const> taken) {
      return is_treated ? collection.apply(scope, taken) : Result<void>{};
    };
    return options;
  }
  void execute(const std::string& sql) {
    ASSERT_TRUE(events.tenants()->config(events.scope()).acquire().value()->execute(sql));
  }
  std::size_t policy_count() { return policies.list(events.scope(), {100, {}})->items.size(); }

  bool is_treated = true;
  TestEvents events{options(), {audit_schema(), collection_schema(), approvals_schema(), policies_schema()}};
  AuditLog audit{*events.tenants(), events.clock()};
  CollectionSettings collection{*events.tenants(), audit, events.clock()};
  EventRetentions retentions{*events.tenants(), audit, days{60}};
  Messages messages;
  PersonData people{*events.tenants(), *events,
                    [](const TenantScope&, std::size_t, std::string_view) -> Result<UserPage> { return UserPage{}; },
                    messages};
  ChangeBus bus;
  Policies policies{*events.tenants(), audit, bus, events.clock()};
  Approvals approvals{*events.tenants(), audit, events.clock()};
  ScopeMaker scopes{*events.tenants()};

  ProbeResult try_collection() { return probe_collection(collection, *events, events.scope(), kNow); }
  ProbeResult try_two_people() { return probe_two_people(approvals, scopes, events.scope().tenant(), kNow); }
};

/// Broken by triggers, which are written otherwise in PostgreSQL; what the probes see is the same there.
struct BrokenControls : ProbesTest {
  void SetUp() override {
    if (is_on_postgres()) GTEST_SKIP() << "breaks controls with triggers of SQLite";
  }
};

TEST_F(ProbesTest, WhatIsCollectedFollowsTheRules) {
  const auto seen = try_collection();
  ASSERT_TRUE(seen) << seen.error().message;
  EXPECT_EQ(*seen, "");
  EXPECT_TRUE(collection.list(events.scope())->empty());
  is_treated = false;
  EXPECT_EQ(try_collection().value(), "what is switched off is stored");
}

TEST_F(BrokenControls, WhatIsNotStoredAtAllIsNoSwitch) {
  execute("CREATE TRIGGER kept BEFORE DELETE ON collection_rules BEGIN SELECT RAISE(IGNORE); END");
  ASSERT_TRUE(collection.replace(events.scope(), {{"all", "users", Treatment::Off}}));
  EXPECT_EQ(try_collection().value(), "what is collected is not stored");
}

TEST_F(BrokenControls, APseudonymThatIsNotUsedIsSeen) {
  execute(
      "CREATE TRIGGER off BEFORE INSERT ON collection_rules WHEN NEW.treatment = 'pseudonym' BEGIN "
      "SELECT RAISE(IGNORE); END");
  EXPECT_EQ(try_collection().value(), "a pseudonym is not used");
}

TEST_F(ProbesTest, WhatIsPastAShortenedRetentionIsGone) {
  const std::map<ModuleKind, days> own{{ModuleKind::Firewall, days{30}}};
  ASSERT_TRUE(retentions.replace(events.scope(), own));
  for (int i = 0; i < 2; ++i) {
    const auto seen = probe_retention(retentions, *events, events.scope(), events.clock().now());
    ASSERT_TRUE(seen) << seen.error().message;
    EXPECT_EQ(*seen, "");
  }
  EXPECT_EQ(retentions.find(events.scope())->modules, own) << "as it was before";
}

TEST_F(ProbesTest, WhatIsNotKeptLongCannotBeShortened) {
  EventRetentions brief{*events.tenants(), audit, days{2}};
  EXPECT_EQ(probe_retention(brief, *events, events.scope(), kNow).error().code, ErrorCode::Unavailable);
}

TEST_F(BrokenControls, ARetentionThatIsNotShortenedIsSeen) {
  execute("CREATE TRIGGER kept BEFORE INSERT ON event_retention BEGIN SELECT RAISE(IGNORE); END");
  EXPECT_EQ(probe_retention(retentions, *events, events.scope(), kNow).value(),
            "what is older than a shortened retention is still there");
}

TEST_F(BrokenControls, ARetentionThatIsTooShortIsSeen) {
  execute("CREATE TRIGGER shorter AFTER INSERT ON event_retention BEGIN UPDATE event_retention SET days = -1; END");
  EXPECT_EQ(probe_retention(retentions, *events, events.scope(), kNow).value(),
            "what is within a shortened retention is gone");
}

TEST_F(ProbesTest, WhatIsErasedIsGone) {
  const auto seen = probe_erasure(people, *events, events.scope(), kNow);
  ASSERT_TRUE(seen) << seen.error().message;
  EXPECT_EQ(*seen, "");
}

TEST_F(ProbesTest, WhatCouldNotBeCollectedCannotBeErased) {
  ASSERT_TRUE(collection.replace(events.scope(), {{"integrity", "users", Treatment::Off}}));
  EXPECT_EQ(probe_erasure(people, *events, events.scope(), kNow).error().code, ErrorCode::Unavailable);
}

TEST_F(ProbesTest, AChangeIsTakenBackToTheByte) {
  ASSERT_TRUE(policies.base(events.scope()));  // which is made on first use
  const std::size_t before = policy_count();
  for (int i = 0; i < 2; ++i) {
    const auto seen = probe_taking_back(policies, events.scope());
    ASSERT_TRUE(seen) << seen.error().message;
    EXPECT_EQ(*seen, "");
  }
  EXPECT_EQ(policy_count(), before) << "the probe's is gone";
}

TEST_F(BrokenControls, AChangeThatStaysIsSeen) {
  execute(
      "CREATE TRIGGER stays AFTER UPDATE ON policies WHEN NEW.version = 3 BEGIN "
      "UPDATE policies SET document = OLD.document WHERE id = OLD.id; END");
  EXPECT_EQ(probe_taking_back(policies, events.scope()).value(), "what was taken back is not as it was before");
  execute("DROP TRIGGER stays");
  execute(
      "CREATE TRIGGER stays AFTER UPDATE ON policies BEGIN "
      "UPDATE policies SET document = OLD.document WHERE id = OLD.id; END");
  EXPECT_EQ(probe_taking_back(policies, events.scope()).value(), "a change has no effect");
}

TEST_F(ProbesTest, NothingGoesAheadWithoutAnother) {
  const auto seen = try_two_people();
  ASSERT_TRUE(seen) << seen.error().message;
  EXPECT_EQ(*seen, "");
}

TEST_F(BrokenControls, WhatGoesAheadAnywayIsSeen) {
  execute(
      "CREATE TRIGGER open AFTER INSERT ON approvals BEGIN UPDATE approvals SET state = 'approved', approver = "
      "'01970000-0000-7000-8000-000000000000' WHERE id = NEW.id; END");
  EXPECT_EQ(try_two_people().value(), "an act goes ahead before anybody has approved it");
  execute("DROP TRIGGER open");
  execute(
      "CREATE TRIGGER again AFTER UPDATE ON approvals WHEN NEW.state = 'used' BEGIN "
      "UPDATE approvals SET state = 'approved' WHERE id = NEW.id; END");
  EXPECT_EQ(try_two_people().value(), "an approval can be used twice");
  execute("DROP TRIGGER again");
  execute(
      "CREATE TRIGGER other AFTER INSERT ON approvals BEGIN UPDATE approvals SET requester = "
      "'01970000-0000-7000-8000-000000000000' WHERE id = NEW.id; END");
  EXPECT_EQ(try_two_people().value(), "somebody can approve what they asked for themselves");
  execute("DROP TRIGGER other");
  execute(
      "CREATE TRIGGER wide AFTER UPDATE ON approvals BEGIN UPDATE approvals SET object = 'probe:another' "
      "WHERE id = NEW.id; END");
  EXPECT_EQ(try_two_people().value(), "an approval is good for something else");
}

SubjectRequest request_of(SubjectTimes times) {
  SubjectRequest request;
  request.id = make_id<SubjectRequestId>(kNow);
  request.times = times;
  return request;
}

std::string verdict(const Result<CheckOutcome>& outcome) {
  return outcome ? std::string(name(outcome->verdict)) : "unknown";
}

TEST(SubjectsCheck, FailsForWhatIsOverdueAndWhatWasLateOfLate) {
  const auto of = [](std::vector<SubjectRequest> requests) { return verdict(subjects_outcome(requests, kNow)); };
  const SubjectTimes open{kNow - days(10)};
  const SubjectTimes done{kNow - days(10), kNow - days(9), {}, kNow - days(1)};
  const SubjectTimes refused{kNow - days(10), {}, {}, kNow - days(1), true};
  const SubjectTimes overdue{kNow - days(40)};
  const SubjectTimes late{kNow - days(100), {}, {}, kNow - days(60)};
  const SubjectTimes long_ago{kNow - days(200), {}, {}, kNow - days(91)};
  EXPECT_EQ(of({}), "unknown");
  EXPECT_EQ(of({request_of(open)}), "unknown") << "nothing was answered";
  EXPECT_EQ(of({request_of(long_ago)}), "unknown");
  EXPECT_EQ(of({request_of(done)}), "pass");
  EXPECT_EQ(of({request_of(refused), request_of(open), request_of(long_ago)}), "pass");
  EXPECT_EQ(of({request_of(done), request_of(overdue)}), "fail");
  EXPECT_EQ(of({request_of(done), request_of(late)}), "fail");
}

Agent agent_with(std::vector<std::string_view> on, AgentState state = AgentState::Online) {
  Agent agent;
  agent.hostname = "web-1";
  agent.state = state;
  for (const std::string_view module : on) agent.modules.push_back({std::string(module), "on", "", {}});
  return agent;
}

TEST(ModulesCheck, WantsEachOfTheFiveSomewhereAndNoneDegraded) {
  const auto of = [](std::vector<Agent> agents) { return verdict(modules_outcome(agents)); };
  const Agent some = agent_with({"anti-malware", "firewall", "ips", "inventory"});
  const Agent others = agent_with({"integrity", "log-inspection"});
  EXPECT_EQ(of({}), "unknown");
  EXPECT_EQ(of({agent_with({"integrity"}, AgentState::Offline)}), "fail");
  EXPECT_EQ(of({some, others}), "pass");
  EXPECT_EQ(of({some}), "fail");
  EXPECT_EQ(of({some, agent_with({"integrity", "log-inspection"}, AgentState::Offline)}), "fail");
  Agent degraded = others;
  degraded.modules.push_back({"firewall", "degraded", "no rules", {}});
  EXPECT_EQ(of({some, degraded}), "fail");
  Agent fresh = agent_with({"log-inspection"});
  fresh.modules.push_back({"integrity", "degraded", "integrity.baseline.building", {}});
  EXPECT_EQ(of({some, fresh}), "pending") << "neither failing nor green";
  EXPECT_EQ(of({fresh}), "fail") << "others are on nowhere";
  fresh.modules.push_back({"firewall", "degraded", "no rules", {}});
  EXPECT_EQ(of({some, fresh}), "fail") << "and one is degraded for good";
}

TEST(OnRequestCheck, EachCopyWasApprovedAndItsTermsAccepted) {
  DocumentRequest good;
  EXPECT_EQ(problem_of(good), "") << "nothing was given";
  good.number = 7;
  good.downloads = 1;
  good.downloads_allowed = 1;
  good.decided_by = "rita";
  good.decided = kNow;
  good.expires = kNow + days(7);
  good.accepted = kNow;
  good.terms = 1;
  EXPECT_EQ(problem_of(good), "");
  for (const auto& break_it : std::vector<void (*)(DocumentRequest&)>{
           [](DocumentRequest& r) { r.decided_by.clear(); }, [](DocumentRequest& r) { r.decided.reset(); },
           [](DocumentRequest& r) { r.is_refused = true; }, [](DocumentRequest& r) { r.accepted.reset(); },
           [](DocumentRequest& r) { r.terms = 0; }, [](DocumentRequest& r) { r.downloads = 2; },
           [](DocumentRequest& r) { r.expires.reset(); },
           [](DocumentRequest& r) { r.expires = kNow + days(kMaxLinkDays + 1); }}) {
    DocumentRequest bad = good;
    break_it(bad);
    EXPECT_NE(problem_of(bad), "");
  }
}

}  // namespace
}  // namespace warder::manager
