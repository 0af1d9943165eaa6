#include "manager/trust/written_policies.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>

#include "host/testing/clock.h"
#include "manager/policies/sql.h"
#include "manager/tenancy/testing.h"
#include "manager/trust/policy_reminders.h"

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::hours;

class WrittenPoliciesTest : public ::testing::Test {
 protected:
  static WrittenDraft draft() {
    WrittenDraft made;
    made.title = "Acceptable use";
    made.owner = "olga";
    made.deputy = "dan";
    made.document = "Nobody shares passwords.";
    return made;
  }
  /// Who leaves and comes back has another account.
  void join(const std::string& name, std::vector<std::string> roles = {"operator"}) {
    people_[name] = {std::to_string(++accounts_), name, std::move(roles), clock_.now()};
  }
  PolicyPerson person(const std::string& name) { return people_.at(name); }
  WrittenPolicy in_force(const WrittenDraft& made) {
    const WrittenPolicy policy = policies_.file(scope_, "acceptable-use", made, "fred").value();
    return policies_.review(scope_, policy.id, 1, "rita").value();
  }
  Headcount count(const std::string& id) {
    return count_readers(policies_.readers(scope_, policies_.find(scope_, id).value()).value());
  }
  std::vector<std::string> actions() {
    std::vector<std::string> all;
    const AuditPage page = audit_.list(scope_, {}).value();
    for (const AuditEntry& entry : page.items) all.push_back(entry.record.action);
    std::ranges::reverse(all);
    return all;
  }
  std::vector<PolicyReminder> told(days time = days(0)) {
    clock_.advance(time);
    return reminders_.take_due(scope_).value();
  }

  TestTenants tenants_{{audit_schema(), written_policies_schema()}};
  warder::testing::ManualClock clock_;
  AuditLog audit_{*tenants_, clock_};
  int accounts_ = 0;
  std::map<std::string, PolicyPerson> people_;
  WrittenPolicies policies_{*tenants_, audit_, clock_, [this](const TenantScope&) -> Result<std::vector<PolicyPerson>> {
                              std::vector<PolicyPerson> all;
                              for (const auto& [name, each] : people_) all.push_back(each);
                              return all;
                            }};
  PolicyReminders reminders_{*tenants_, policies_, clock_};
  const TenantScope scope_ = tenants_.scope("user:1");
};

TEST_F(WrittenPoliciesTest, TheSchemaIsWhole) {
  const FeatureSchema schemas[] = {audit_schema(), written_policies_schema()};
  const auto checked = check_schemas(schemas);
  EXPECT_TRUE(checked) << checked.error().message;
}

TEST_F(WrittenPoliciesTest, AVersionIsInForceOnceSomebodyElseHasReviewedIt) {
  join("ada");
  const WrittenPolicy filed = policies_.file(scope_, "acceptable-use", draft(), "fred").value();
  EXPECT_FALSE(filed.held);
  EXPECT_EQ(count(filed.id), Headcount{}) << "nobody is asked yet";
  EXPECT_EQ(policies_.acknowledge(scope_, filed.id, 1, person("ada")).error().code, ErrorCode::NotFound);
  for (const char* own : {"olga", "dan", "fred", ""})
    EXPECT_EQ(policies_.review(scope_, filed.id, 1, own).error().code, ErrorCode::Forbidden) << own;
  EXPECT_EQ(policies_.review(scope_, filed.id, 2, "rita").error().code, ErrorCode::Conflict);
  EXPECT_EQ(policies_.review(scope_, filed.id, 1, "rita")->held->number, 1);
  EXPECT_EQ(policies_.review(scope_, filed.id, 1, "rita").error().code, ErrorCode::Conflict);
  EXPECT_EQ(count(filed.id), (Headcount{1, 0, 1, 0}));
}

TEST_F(WrittenPoliciesTest, EachStepIsAnEntryOfTheAuditLogWithoutTheText) {
  join("ada");
  const std::string id = in_force(draft()).id;
  ASSERT_TRUE(policies_.acknowledge(scope_, id, 1, person("ada")));
  ASSERT_TRUE(policies_.file_version(scope_, id, draft(), "fred"));
  ASSERT_TRUE(policies_.remove(scope_, id, "*"));
  EXPECT_EQ(actions(), (std::vector<std::string>{"trust.policy.file", "trust.policy.review", "trust.policy.acknowledge",
                                                 "trust.policy.file", "trust.policy.delete"}));
  EXPECT_TRUE(policies_.list(scope_)->empty());
}

TEST_F(WrittenPoliciesTest, ANewVersionMakesAllDueAgainOnceItIsInForce) {
  join("ada");
  join("bob");
  const std::string id = in_force(draft()).id;
  for (const char* each : {"ada", "bob"}) ASSERT_TRUE(policies_.acknowledge(scope_, id, 1, person(each)));
  EXPECT_EQ(count(id), (Headcount{2, 2, 0, 0}));
  clock_.advance(days(30));
  ASSERT_TRUE(policies_.file_version(scope_, id, draft(), "fred"));
  EXPECT_EQ(count(id), (Headcount{2, 2, 0, 0})) << "it waits for its review";
  ASSERT_TRUE(policies_.review(scope_, id, 2, "rita"));
  EXPECT_EQ(count(id), (Headcount{2, 0, 2, 0}));
  EXPECT_EQ(policies_.acknowledge(scope_, id, 1, person("ada")).error().code, ErrorCode::Conflict)
      << "what they read is not in force any more";
  ASSERT_TRUE(policies_.acknowledge(scope_, id, 2, person("ada")));
  EXPECT_EQ(count(id), (Headcount{2, 1, 1, 0}));
}

TEST_F(WrittenPoliciesTest, OnlyTheAudienceCountsAndWhoLeftDoesNot) {
  join("ada", {"operator"});
  join("eve", {"auditor"});
  WrittenDraft made = draft();
  made.roles = {"operator", "infosec"};
  const std::string id = in_force(made).id;
  EXPECT_EQ(count(id), (Headcount{1, 0, 1, 0}));
  EXPECT_EQ(policies_.acknowledge(scope_, id, 1, person("eve")).error().code, ErrorCode::NotFound);
  clock_.advance(days(14));
  EXPECT_EQ(count(id), (Headcount{1, 0, 0, 1}));
  people_.erase("ada");
  EXPECT_EQ(count(id), Headcount{});
}

TEST_F(WrittenPoliciesTest, TheDocumentIsSealedAndHasItsHash) {
  const WrittenPolicy policy = in_force(draft());
  EXPECT_EQ(policies_.document(scope_, *policy.held).value(), "Nobody shares passwords.");
  auto db = tenants_->config(scope_).acquire().value();
  auto statement = db->prepare("SELECT document FROM trust_policy_versions").value();
  ASSERT_TRUE(statement->bind({}));
  EXPECT_EQ(as_text(statement->step().value()->bytes(0)).find("passwords"), std::string_view::npos);
  statement.reset();
  db->execute("UPDATE trust_policy_versions SET sha256 = 'x'").value();
  EXPECT_EQ(policies_.document(scope_, *policies_.find(scope_, policy.id)->held).error().code, ErrorCode::Corrupt);
}

TEST_F(WrittenPoliciesTest, WhatCannotBeAPolicyIsRefused) {
  const auto error_of = [this](const auto& change) {
    WrittenDraft made = draft();
    change(made);
    const auto filed = policies_.file(scope_, "security", made, "fred");
    return filed ? std::string() : filed.error().message;
  };
  EXPECT_EQ(error_of([](auto&) {}), "");
  EXPECT_TRUE(error_of([](auto& d) { d.title = " "; }).starts_with("/title"));
  EXPECT_TRUE(error_of([](auto& d) { d.owner.clear(); }).starts_with("/owner"));
  EXPECT_TRUE(error_of([](auto& d) { d.deputy = d.owner; }).starts_with("/deputy"));
  EXPECT_TRUE(error_of([](auto& d) { d.roles = {"a,b"}; }).starts_with("/roles"));
  EXPECT_TRUE(error_of([](auto& d) { d.cadence = days(1101); }).starts_with("/cadence_days"));
  EXPECT_TRUE(error_of([](auto& d) { d.grace = days(0); }).starts_with("/grace_days"));
  EXPECT_TRUE(error_of([](auto& d) { d.document = "\xff"; }).starts_with("/document"));
  EXPECT_TRUE(error_of([](auto& d) { d.is_text = false; }).starts_with("/document"));
  EXPECT_TRUE(error_of([](auto& d) { d.document.assign(kMaxPolicyBytes + 1, 'x'); }).starts_with("/document"));
  EXPECT_TRUE(policies_.file(scope_, "cooking", draft(), "fred").error().message.starts_with("/subject"));
  EXPECT_EQ(policies_.remove(scope_, policies_.list(scope_)->front().id, "\"9\"").error().code, ErrorCode::Stale);
}

TEST_F(WrittenPoliciesTest, EachStageIsToldOnceAndTheEndOfItToo) {
  join("ada");
  join("bob");
  const std::string id = in_force(draft()).id;
  const auto begin = told();
  ASSERT_EQ(begin.size(), 1U);
  EXPECT_EQ(begin[0].stage, 1);
  EXPECT_EQ(describe(begin[0]), "Acceptable use (olga): 2 of 2 have yet to acknowledge it, 0 of them overdue");
  EXPECT_TRUE(told().empty());
  ASSERT_TRUE(policies_.acknowledge(scope_, id, 1, person("ada")));
  EXPECT_TRUE(told(days(5)).empty()) << "who has acknowledged is no news";
  EXPECT_EQ(told(days(6)).at(0).stage, 2);
  const auto overdue = told(days(3));
  ASSERT_EQ(overdue.size(), 1U);
  EXPECT_EQ(describe(overdue[0]), "Acceptable use (olga, dan): 1 of 2 have yet to acknowledge it, 1 of them overdue");
  EXPECT_TRUE(told(days(6)).empty());
  EXPECT_EQ(told(days(1)).at(0).stage, 4) << "a week later";
  join("cyd");
  EXPECT_EQ(told().at(0).stage, 1) << "who came later is told of on her own";
  ASSERT_TRUE(policies_.acknowledge(scope_, id, 1, person("bob")));
  const auto over = told();
  ASSERT_EQ(over.size(), 1U);
  EXPECT_EQ(over[0].stage, 0) << "nobody is overdue any more";
  EXPECT_TRUE(told().empty());
}

TEST_F(WrittenPoliciesTest, WhatIsRemovedIsOverdueNoMore) {
  join("ada");
  const std::string id = in_force(draft()).id;
  EXPECT_EQ(told(days(20)).at(0).stage, 3);
  ASSERT_TRUE(policies_.remove(scope_, id, "*"));
  const auto over = told();
  ASSERT_EQ(over.size(), 1U);
  EXPECT_EQ(over[0].policy, id);
  EXPECT_EQ(over[0].stage, 0);
  EXPECT_TRUE(told().empty());
}

/// Any course of things, against a model that knows only the latest acknowledgement of each.
TEST_F(WrittenPoliciesTest, CountsAreWhatTheRecordsSayAfterAnyCourseOfThings) {
  const auto is_right = rc::check([this] {
    people_.clear();
    WrittenDraft made = draft();
    made.cadence = days(*rc::gen::inRange(0, 3) * 100);
    const std::string id = in_force(made).id;
    std::map<std::string, Timestamp> read;
    Timestamp since = clock_.now();
    std::int64_t number = 1;
    for (const int step : *rc::gen::container<std::vector<int>>(12, rc::gen::inRange(0, 40))) {
      const std::string who = "p" + std::to_string(step % 4);
      if (step < 12) {
        if (!people_.contains(who)) join(who);
      } else if (step < 24) {
        if (!people_.contains(who)) continue;
        RC_ASSERT(policies_.acknowledge(scope_, id, number, person(who)).has_value());
        read[who] = clock_.now();
      } else if (step < 28) {
        people_.erase(who);
        read.erase(who);
      } else if (step < 31) {
        RC_ASSERT(policies_.file_version(scope_, id, made, "fred").has_value());
        RC_ASSERT(policies_.review(scope_, id, ++number, "rita").has_value());
        read.clear();
        since = clock_.now();
      } else {
        clock_.advance(days(step - 30) * 5);
      }
      Headcount expected;
      for (const auto& [name, each] : people_) {
        const bool lasts = read.contains(name) && (made.cadence == days(0) || clock_.now() < read[name] + made.cadence);
        const Timestamp asked =
            read.contains(name) ? Timestamp{read[name] + made.cadence} : std::max(since, each.joined);
        using enum AcknowledgementState;
        expected.add(lasts ? Complete : clock_.now() < asked + made.grace ? Due : Overdue);
      }
      RC_ASSERT(count(id) == expected);
    }
    RC_ASSERT(policies_.remove(scope_, id, "*").has_value());
  });
  EXPECT_TRUE(is_right);
}

}  // namespace
}  // namespace warder::manager
