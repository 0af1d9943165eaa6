#include "manager/trust/duties.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "host/testing/clock.h"
#include "manager/tenancy/testing.h"
#include "manager/trust/duty_notice.h"
#include "manager/trust/trust_store.h"

namespace warder::manager {
namespace {

using std::chrono::days;

constexpr std::string_view kRows = R"(
- {id: tc-1, kind: technical, en: One., ja: あ。, owner: security, checks: [a]}
- {id: tc-2, kind: organisational, en: Two., ja: い。, owner: people, evidence: 365d}
- {id: tc-3, kind: both, en: Three., ja: う。, owner: people, checks: [a], evidence: 90d}
)";

class DutiesTest : public ::testing::Test {
 protected:
  std::string file(const std::string& commitment, const std::string& reviewer = "rita") {
    EvidenceDraft draft;
    draft.commitment = commitment;
    draft.title = "Training";
    draft.issued = clock_.now();
    draft.expires = clock_.now() + days(400);
    draft.owner = "otto";
    draft.deputy = "doris";
    const std::string id = evidence_.file(scope_, draft, "fred")->id;
    if (!reviewer.empty()) {
      EXPECT_TRUE(evidence_.review(scope_, id, reviewer));
    }
    return id;
  }
  Duty duty(const std::string& commitment = "tc-2") { return duties_.find(scope_, commitment).value(); }
  std::vector<int> told() {
    std::vector<int> stages;
    for (const DutyReminder& each : duties_.take_due(scope_).value()) stages.push_back(each.stage);
    return stages;
  }

  TestTenants tenants_{{audit_schema(), trust_schema()}};
  warder::testing::ManualClock clock_;
  AuditLog audit_{*tenants_, clock_};
  const std::vector<Commitment> commitments_ = parse_commitments("faq", kRows).value();
  EvidenceRegister evidence_{*tenants_, audit_, clock_, commitments_};
  Duties duties_{*tenants_, audit_, clock_, commitments_, evidence_};
  const TenantScope scope_ = tenants_.scope("user:1");
  const DutyDraft draft_{"olga", "dan", "rita", days(180)};
};

TEST_F(DutiesTest, AreThoseThatNeedEvidence) {
  const auto all = duties_.list(scope_).value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].commitment->id, "tc-2");
  EXPECT_EQ(all[0].standing.state, DutyState::Unassigned);
  EXPECT_EQ(all[1].commitment->id, "tc-3");
  EXPECT_EQ(duties_.find(scope_, "tc-1").error().code, ErrorCode::NotFound);
}

TEST_F(DutiesTest, AreGivenToSomebodyAndTheLogKeepsIt) {
  const Duty given = duties_.assign(scope_, "tc-2", draft_, "\"0\"").value();
  EXPECT_EQ(given.terms.owner, "olga");
  EXPECT_EQ(given.terms.reviewer, "rita");
  EXPECT_EQ(given.standing.due, clock_.now() + kFirstEvidence);
  EXPECT_EQ(given.version, 1);
  const AuditEntry entry = audit_.list(scope_, {1, {}, "trust.duty.assign"})->items.front();
  EXPECT_EQ(entry.record.object, "commitment:tc-2");
  EXPECT_EQ(duties_.assign(scope_, "tc-2", draft_, "\"0\"").error().code, ErrorCode::Stale);
  clock_.advance(days(20));
  const Duty again = duties_.assign(scope_, "tc-2", {"otto", "", "rita", days(0)}, "\"1\"").value();
  EXPECT_EQ(again.terms.owner, "otto");
  EXPECT_EQ(again.standing.due, given.standing.due) << "another owner does not get more time";
}

TEST_F(DutiesTest, WhatCannotBeIsRefused) {
  const auto error_of = [this](const DutyDraft& draft) {
    const auto assigned = duties_.assign(scope_, "tc-2", draft, "*");
    return assigned ? std::string() : assigned.error().message;
  };
  EXPECT_TRUE(error_of({"", "dan", "rita"}).starts_with("/owner"));
  EXPECT_TRUE(error_of({"olga", "olga", "rita"}).starts_with("/deputy"));
  EXPECT_TRUE(error_of({"olga", "dan", ""}).starts_with("/reviewer"));
  EXPECT_TRUE(error_of({"olga", "dan", "olga"}).starts_with("/reviewer"));
  EXPECT_TRUE(error_of({"olga", "dan", "dan"}).starts_with("/reviewer"));
  EXPECT_TRUE(error_of({"olga", "dan", "rita", days(366)}).starts_with("/cadence_days"));
  EXPECT_TRUE(error_of({"olga", "dan", "rita", days(-1)}).starts_with("/cadence_days"));
}

TEST_F(DutiesTest, WithoutAnOwnerThoseOfTheNewestEvidenceAnswer) {
  const std::string id = file("tc-2");
  EXPECT_EQ(duty().terms.owner, "otto");
  EXPECT_EQ(duty().terms.deputy, "doris");
  EXPECT_EQ(duty().newest, id);
  ASSERT_TRUE(duties_.assign(scope_, "tc-2", draft_, "*"));
  EXPECT_EQ(duty().terms.owner, "olga");
}

TEST_F(DutiesTest, OnlyTheNamedReviewerReviews) {
  ASSERT_TRUE(duties_.assign(scope_, "tc-2", draft_, "*"));
  const std::string id = file("tc-2", "");
  EXPECT_EQ(evidence_.review(scope_, id, "vera").error().code, ErrorCode::Forbidden);
  EXPECT_TRUE(duty().standing.is_to_review);
  ASSERT_TRUE(evidence_.review(scope_, id, "rita"));
  EXPECT_FALSE(duty().standing.is_to_review);
  EXPECT_EQ(duty().standing.due, clock_.now() + days(180));
  ASSERT_TRUE(evidence_.review(scope_, file("tc-3", ""), "vera")) << "another duty is nobody's";
}

TEST_F(DutiesTest, TheWholeWayFromTheFirstReminderToTheNextEvidence) {
  file("tc-2");
  EXPECT_EQ(told(), std::vector<int>{}) << "a year is left";
  const std::pair<int, int> steps[] = {{335, 1}, {16, 2}, {7, 3}, {6, 4}, {1, 5}};
  for (const auto& [wait, stage] : steps) {
    clock_.advance(days(wait));
    EXPECT_EQ(told(), std::vector{stage});
    EXPECT_EQ(told(), std::vector<int>{}) << "once";
  }
  clock_.advance(days(100));
  EXPECT_EQ(told(), std::vector<int>{});
  clock_.step_to(clock_.now() - days(120));
  EXPECT_EQ(told(), std::vector<int>{}) << "the clock was set back";
  clock_.step_to(clock_.now() + days(120));
  EXPECT_EQ(told(), std::vector<int>{}) << "and forth";
  file("tc-2");
  EXPECT_EQ(told(), std::vector{0}) << "evidence holds again";
  EXPECT_EQ(told(), std::vector<int>{});
}

TEST_F(DutiesTest, EvidenceThatAnotherHasFollowedRemindsNobody) {
  file("tc-2");
  clock_.advance(days(200));
  file("tc-2");
  told();
  clock_.advance(days(200));
  EXPECT_EQ(told(), std::vector<int>{}) << "the first one has ended, the second one holds";
}

TEST_F(DutiesTest, SaysWhomItIsUpTo) {
  ASSERT_TRUE(duties_.assign(scope_, "tc-2", draft_, "*"));
  DutyReminder reminder{duty(), 1};
  EXPECT_EQ(describe(reminder), "evidence is due at " + to_rfc3339(*reminder.duty.standing.due) + " (olga)");
  reminder.stage = kOverdueStage;
  EXPECT_EQ(describe(reminder), "evidence was due at " + to_rfc3339(*reminder.duty.standing.due) + " (olga, dan)");
  const Notice notice = duty_notice(reminder);
  EXPECT_EQ(notice.type, "trust.evidence.overdue");
  for (const char* language : {"en", "ja"})
    EXPECT_NE(notice.texts.at(language).subject.find("tc-2"), std::string::npos) << language;
}

}  // namespace
}  // namespace warder::manager
