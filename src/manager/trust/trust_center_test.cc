#include "manager/trust/trust_center.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/testing/log.h"
#include "host/testing/clock.h"
#include "manager/tenancy/testing.h"
#include "manager/trust/checks.h"

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

constexpr std::string_view kRows = R"(
- {id: tc-1, kind: technical, en: One., ja: あ。, owner: security, checks: [a]}
- {id: tc-2, kind: technical, en: Two., ja: い。, owner: security, checks: [a, b]}
- {id: tc-3, kind: organisational, en: Three., ja: う。, owner: people, evidence: 365d}
- {id: tc-4, kind: technical, en: Four., ja: え。, owner: security, checks: []}
)";

class TrustCenterTest : public ::testing::Test {
 protected:
  TrustCenterTest() { use_checks(center_); }
  void use_checks(TrustCenter& center) {
    for (const char* id : {"a", "b"}) outcomes_[id] = passed("fine");
    const auto check = [this](const std::string& id) {
      return Check{id, "en", "ja", [this, id](const std::stop_token&) -> Result<CheckOutcome> {
                     ++runs_;
                     return outcomes_.at(id);
                   }};
    };
    ASSERT_TRUE(center.use({check("a"), check("b")}));
  }
  TrustState state(const std::string& id) {
    const TrustSnapshot snapshot = center_.snapshot().value();
    for (const auto& line : snapshot.lines)
      if (line.commitment->id == id) return line.assessment.state;
    return TrustState::Statement;
  }
  EvidenceDraft draft() const {
    EvidenceDraft made;
    made.commitment = "tc-3";
    made.title = "Training";
    made.issued = clock_.now() - days(1);
    made.expires = clock_.now() + days(400);
    made.owner = "olga";
    made.deputy = "dan";
    made.attachment = "certificate";
    return made;
  }

  TestTenants tenants_{{audit_schema(), trust_schema(), written_policies_schema()}};
  warder::testing::ManualClock clock_;
  AuditLog audit_{*tenants_, clock_};
  ScopeMaker scopes_{*tenants_};
  warder::testing::RecordingLog log_;
  std::vector<TrustNews> news_;
  std::map<std::string, Result<CheckOutcome>, std::less<>> outcomes_{{"a", passed("")}, {"b", passed("")}};
  int runs_ = 0;
  TrustCenter center_{{*tenants_, scopes_, audit_, clock_, log_},
                      {},
                      parse_commitments("faq", kRows).value(),
                      [this](const TenantScope&, const TrustNews& news) { news_.push_back(news); }};
  const TenantScope scope_ = tenants_.scope("user:1");
};

TEST_F(TrustCenterTest, TheSchemaIsWhole) {
  const FeatureSchema schemas[] = {audit_schema(), trust_schema(), written_policies_schema()};
  const auto checked = check_schemas(schemas);
  EXPECT_TRUE(checked) << checked.error().message;
}

TEST_F(TrustCenterTest, NothingIsKeptBeforeItsChecksHavePassed) {
  EXPECT_EQ(state("tc-1"), TrustState::NotMeasured);
  ASSERT_TRUE(center_.work());
  EXPECT_EQ(state("tc-1"), TrustState::Kept);
  EXPECT_EQ(state("tc-2"), TrustState::Kept);
  EXPECT_EQ(state("tc-3"), TrustState::NotClaimed);
  EXPECT_EQ(state("tc-4"), TrustState::NotMeasured);
  EXPECT_TRUE(news_.empty());
}

TEST_F(TrustCenterTest, AFailureTurnsExactlyItsSentencesAndIsTold) {
  ASSERT_TRUE(center_.work());
  outcomes_.at("b") = failed("it is broken");
  clock_.advance(hours(1));
  ASSERT_TRUE(center_.work());
  EXPECT_EQ(state("tc-1"), TrustState::Kept);
  EXPECT_EQ(state("tc-2"), TrustState::Broken);
  ASSERT_EQ(news_.size(), 1U);
  EXPECT_EQ(news_[0].about, "tc-2");
  EXPECT_EQ(news_[0].kind, TrustNews::Kind::Failed);
  outcomes_.at("b") = passed("mended");
  center_.run_soon();
  ASSERT_TRUE(center_.work());
  EXPECT_EQ(state("tc-2"), TrustState::Kept);
  ASSERT_EQ(news_.size(), 2U);
  EXPECT_EQ(news_[1].kind, TrustNews::Kind::Recovered);
  const auto history = center_.store().history(scope_, 10).value();
  ASSERT_EQ(history.size(), 4U);
  EXPECT_EQ(history[0].state, TrustState::Kept);
  EXPECT_EQ(history[1].state, TrustState::Broken);
}

TEST_F(TrustCenterTest, WhatComesBetweenAFailureAndItsEndHidesNeither) {
  outcomes_.at("b") = failed("it is broken");
  ASSERT_TRUE(center_.work());
  outcomes_.at("b") = fail(ErrorCode::Unavailable, "nobody knows");
  clock_.advance(hours(1));
  ASSERT_TRUE(center_.work());
  EXPECT_EQ(state("tc-2"), TrustState::Unknown);
  ASSERT_EQ(news_.size(), 1U);
  outcomes_.at("b") = passed("mended");
  clock_.advance(hours(1));
  ASSERT_TRUE(center_.work());
  ASSERT_EQ(news_.size(), 2U) << "otherwise its alert stays for ever";
  EXPECT_EQ(news_[1].kind, TrustNews::Kind::Recovered);
  outcomes_.at("b") = fail(ErrorCode::Unavailable, "nobody knows");
  clock_.advance(hours(1));
  ASSERT_TRUE(center_.work());
  outcomes_.at("b") = passed("known again");
  clock_.advance(hours(1));
  ASSERT_TRUE(center_.work());
  EXPECT_EQ(news_.size(), 2U) << "it was never broken in between";
}

TEST_F(TrustCenterTest, WhatIsBeingPreparedIsNotMeasuredYetAndFailsWhenItLasts) {
  outcomes_.at("b") = pending("a baseline is being built");
  ASSERT_TRUE(center_.work());
  EXPECT_EQ(state("tc-1"), TrustState::Kept);
  EXPECT_EQ(state("tc-2"), TrustState::NotMeasured);
  for (int i = 0; i < 2; ++i) {
    clock_.advance(hours(1));
    ASSERT_TRUE(center_.work());
    EXPECT_EQ(state("tc-2"), TrustState::NotMeasured);
  }
  EXPECT_TRUE(news_.empty()) << "nothing has failed";
  clock_.advance(hours(1));
  ASSERT_TRUE(center_.work());
  EXPECT_EQ(state("tc-2"), TrustState::Broken) << "three hours are its limit";
  ASSERT_EQ(news_.size(), 1U);
  outcomes_.at("b") = passed("it is there");
  clock_.advance(hours(1));
  ASSERT_TRUE(center_.work());
  outcomes_.at("b") = pending("another policy");
  clock_.advance(hours(1));
  ASSERT_TRUE(center_.work());
  EXPECT_EQ(state("tc-2"), TrustState::NotMeasured) << "a new beginning";
}

TEST_F(TrustCenterTest, EachResultIsAnEntryOfTheAuditLogWithoutDetails) {
  outcomes_.at("a") = failed("secret detail", Ratio{12, 13});
  ASSERT_TRUE(center_.work());
  const CheckResult result = center_.store().latest(scope_).value().at("a");
  EXPECT_EQ(result.detail, "secret detail");
  EXPECT_EQ(result.ratio, (Ratio{12, 13}));
  const AuditEntry entry = audit_.find(scope_, result.entry).value();
  EXPECT_EQ(entry.record.action, kTrustCheckAction);
  EXPECT_EQ(entry.record.object, "check:a");
  EXPECT_EQ(entry.time, result.time);
  EXPECT_EQ(json::serialize(entry.record.detail), R"({"percent":90,"verdict":"fail"})");
  EXPECT_TRUE(audit_.verify(scope_).value().intact);
}

TEST_F(TrustCenterTest, ChecksAreCarriedOutWhenTheirTimeHasCome) {
  ASSERT_TRUE(center_.work());
  clock_.advance(minutes(59));
  ASSERT_TRUE(center_.work());
  EXPECT_EQ(runs_, 2);
  clock_.advance(minutes(1));
  ASSERT_TRUE(center_.work());
  EXPECT_EQ(runs_, 4);
  clock_.step_to(clock_.now() - days(3));
  EXPECT_EQ(state("tc-1"), TrustState::Unknown) << "results of the future";
  ASSERT_TRUE(center_.work());
  EXPECT_EQ(runs_, 6) << "the clock was set back";
  EXPECT_EQ(state("tc-1"), TrustState::Kept);
}

TEST_F(TrustCenterTest, OfTwoManagersOneIsAtIt) {
  TrustCenter other{{*tenants_, scopes_, audit_, clock_, log_}, {}, parse_commitments("faq", kRows).value(), {}};
  ASSERT_TRUE(
      other.use({Check{"a", "", "",
                       [&](const std::stop_token&) -> Result<CheckOutcome> {
                         EXPECT_FALSE(center_.work().value()) << "while the other is at it";
                         return passed("");
                       }},
                 Check{"b", "", "", [](const std::stop_token&) -> Result<CheckOutcome> { return passed(""); }}}));
  EXPECT_TRUE(other.work().value());
  EXPECT_TRUE(center_.work().value());
  EXPECT_EQ(runs_, 0) << "the results of the other are recent";
}

TEST_F(TrustCenterTest, AHolderThatDiedIsSucceeded) {
  ASSERT_TRUE(center_.store().hold(scope_, "dead", std::chrono::seconds(90)).value());
  EXPECT_FALSE(center_.work().value());
  clock_.step_to(clock_.now() - days(30));
  EXPECT_TRUE(center_.work().value()) << "nobody holds longer than that, whatever the clock was";
  clock_.step_to(clock_.now() + days(30));
  ASSERT_TRUE(center_.store().hold(scope_, "dead", std::chrono::seconds(90)).value());
  clock_.advance(std::chrono::seconds(91));
  EXPECT_TRUE(center_.work().value());
}

TEST_F(TrustCenterTest, APromiseWithoutItsCheckIsRefused) {
  EXPECT_FALSE(center_.use({}));
}

TEST(RunCheck, WhatCannotBeCarriedOutIsUnknown) {
  const auto run = [](CheckFunction body) {
    return run_check({"x", "", "", std::move(body)}, std::chrono::milliseconds(20)).verdict;
  };
  EXPECT_EQ(run([](const std::stop_token&) -> Result<CheckOutcome> { return passed(""); }), Verdict::Pass);
  EXPECT_EQ(run([](const std::stop_token&) -> Result<CheckOutcome> { return fail(ErrorCode::Unavailable, "x"); }),
            Verdict::Unknown);
  EXPECT_EQ(run([](const std::stop_token&) -> Result<CheckOutcome> { throw std::runtime_error("x"); }),
            Verdict::Unknown);
  EXPECT_EQ(run([](const std::stop_token&) -> Result<CheckOutcome> { throw 7; }), Verdict::Unknown);
  EXPECT_EQ(run([](const std::stop_token& stop) -> Result<CheckOutcome> {
              std::mutex mutex;
              std::unique_lock lock(mutex);
              std::condition_variable_any never;
              never.wait(lock, stop, [] { return false; });
              return passed("too late");
            }),
            Verdict::Unknown);
}

TEST_F(TrustCenterTest, EvidenceCountsWhenSomebodyElseHasReviewedIt) {
  EvidenceRegister& evidence = center_.evidence();
  const EvidenceRecord filed = evidence.file(scope_, draft(), "fred").value();
  EXPECT_EQ(state("tc-3"), TrustState::NotClaimed);
  for (const char* own : {"olga", "dan", "fred", ""})
    EXPECT_EQ(evidence.review(scope_, filed.id, own).error().code, ErrorCode::Forbidden) << own;
  ASSERT_TRUE(evidence.review(scope_, filed.id, "rita"));
  EXPECT_EQ(evidence.review(scope_, filed.id, "rita").error().code, ErrorCode::Conflict);
  EXPECT_EQ(state("tc-3"), TrustState::Kept);
  clock_.advance(days(364));
  EXPECT_EQ(state("tc-3"), TrustState::Stale) << "a year after it was issued, whatever it says";
  ASSERT_TRUE(evidence.remove(scope_, filed.id, "*"));
  EXPECT_EQ(state("tc-3"), TrustState::NotClaimed);
}

TEST_F(TrustCenterTest, EvidenceThatCannotBeIsRefused) {
  const auto error_of = [this](const auto& change) {
    EvidenceDraft made = draft();
    change(made);
    const auto filed = center_.evidence().file(scope_, made, "fred");
    return filed ? std::string() : filed.error().message;
  };
  EXPECT_TRUE(error_of([](auto& d) { d.commitment = "tc-77"; }).starts_with("/commitment"));
  EXPECT_TRUE(error_of([](auto& d) { d.commitment = "tc-1"; }).starts_with("/commitment"));
  EXPECT_TRUE(error_of([](auto& d) { d.issued += days(3); }).starts_with("/issued"));
  EXPECT_TRUE(error_of([](auto& d) { d.expires = d.issued; }).starts_with("/expires"));
  EXPECT_TRUE(error_of([](auto& d) { d.owner.clear(); }).starts_with("/owner"));
  EXPECT_TRUE(error_of([](auto& d) { d.deputy = d.owner; }).starts_with("/deputy"));
  EXPECT_TRUE(error_of([](auto& d) { d.attachment.resize(kMaxAttachmentBytes + 1); }).starts_with("/attachment"));
}

TEST_F(TrustCenterTest, AnAttachmentIsSealedAndHasItsHash) {
  const EvidenceRecord filed = center_.evidence().file(scope_, draft(), "fred").value();
  EXPECT_EQ(center_.evidence().attachment(scope_, filed.id).value(), "certificate");
  auto db = tenants_->config(scope_).acquire().value();
  auto statement = db->prepare("SELECT attachment FROM trust_evidence").value();
  ASSERT_TRUE(statement->bind({}));
  EXPECT_EQ(as_text(statement->step().value()->bytes(0)).find("certificate"), std::string_view::npos);
  statement.reset();
  db->execute("UPDATE trust_evidence SET sha256 = 'x'").value();
  EXPECT_EQ(center_.evidence().attachment(scope_, filed.id).error().code, ErrorCode::Corrupt);
}

TEST_F(TrustCenterTest, WhoseTheDutyIsIsToldAndTheDeputyOnceItIsOverdue) {
  ASSERT_TRUE(center_.duties().assign(scope_, "tc-3", {"olga", "dan", "rita", days(0)}, "*"));
  clock_.advance(days(1));
  ASSERT_TRUE(center_.work());
  ASSERT_TRUE(center_.work());
  ASSERT_EQ(news_.size(), 1U) << "each stage once";
  EXPECT_EQ(news_[0].kind, TrustNews::Kind::EvidenceDue);
  EXPECT_EQ(news_[0].people, std::vector<std::string>{"olga"});
  ASSERT_TRUE(news_[0].notice);
  EXPECT_NE(news_[0].notice->texts.at("ja").body.find("olga"), std::string::npos);
  clock_.advance(days(29));
  ASSERT_TRUE(center_.work());
  ASSERT_EQ(news_.size(), 2U);
  EXPECT_EQ(news_[1].kind, TrustNews::Kind::EvidenceOverdue);
  EXPECT_EQ(news_[1].people, (std::vector<std::string>{"olga", "dan"}));
  ASSERT_TRUE(center_.evidence().review(scope_, center_.evidence().file(scope_, draft(), "fred")->id, "rita"));
  ASSERT_TRUE(center_.work());
  ASSERT_EQ(news_.size(), 3U);
  EXPECT_EQ(news_[2].kind, TrustNews::Kind::EvidenceRenewed);
  EXPECT_FALSE(news_[2].notice) << "nobody is asked for anything";
}

TEST_F(TrustCenterTest, ADocumentIsPublishedOnlyWhileItHoldsAndWasReviewed) {
  EvidenceRegister& evidence = center_.evidence();
  EvidenceDraft made = draft();
  ASSERT_TRUE(evidence.review(scope_, evidence.file(scope_, made, "fred")->id, "rita"));
  EXPECT_TRUE(evidence.published(scope_)->empty()) << "nobody said that it is for everybody";
  made.is_public = true;
  const EvidenceRecord filed = evidence.file(scope_, made, "fred").value();
  EXPECT_TRUE(evidence.published(scope_)->empty()) << "nobody else has looked at it";
  ASSERT_TRUE(evidence.review(scope_, filed.id, "rita"));
  ASSERT_EQ(evidence.published(scope_)->size(), 1U);
  EXPECT_EQ(evidence.published(scope_)->front().id, filed.id);
  clock_.advance(days(364));
  EXPECT_TRUE(evidence.published(scope_)->empty()) << "a year after it was issued";
  made.issued = clock_.now();
  made.attachment.clear();
  EXPECT_TRUE(evidence.file(scope_, made, "fred").error().message.starts_with("/public"));
}

TEST_F(TrustCenterTest, AnotherNoticeIsAnotherVersion) {
  TrustStore& store = center_.store();
  EXPECT_EQ(store.notice_versions(scope_, "a")->front().number, 1);
  EXPECT_EQ(store.notice_versions(scope_, "a")->size(), 1U);
  clock_.advance(days(1));
  const auto versions = store.notice_versions(scope_, "b").value();
  ASSERT_EQ(versions.size(), 2U);
  EXPECT_EQ(versions[0].digest, "b");
  EXPECT_EQ(versions[0].since, clock_.now());
  EXPECT_EQ(audit_.list(scope_, {1, {}, kTrustNoticeAction.data()})->items.front().record.object, "notice:2");
}

TEST_F(TrustCenterTest, TheSigningKeyStays) {
  const auto key = center_.store().signing_key(scope_).value();
  EXPECT_EQ(center_.store().signing_key(scope_).value().public_key(), key.public_key());
}

}  // namespace
}  // namespace warder::manager
