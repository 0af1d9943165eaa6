#include "manager/trust/assessment.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

#include "manager/trust/checks.h"
#include "manager/trust/evidence.h"

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using enum TrustState;

const Timestamp kNow = from_micros(1'790'000'000'000'000);

Commitment technical() {
  Commitment commitment;
  commitment.id = "tc-1";
  commitment.checks = {"a", "b"};
  return commitment;
}

Commitment organisational() {
  Commitment commitment;
  commitment.id = "tc-9";
  commitment.kind = CommitmentKind::Organisational;
  commitment.evidence_life = days(365);
  commitment.supersedes = "Old 1.0";
  commitment.superseded_by = "New 2.0";
  return commitment;
}

CheckResult pending_since(Timestamp since) {
  CheckResult made{"b", kNow, Verdict::Pending, {}, std::nullopt, 1};
  made.pending_since = since;
  return made;
}

CheckResult result(const std::string& check, Verdict verdict, Timestamp time = kNow) {
  return {check, time, verdict, {}, std::nullopt, 1};
}

LatestResults both(const CheckResult& a, const CheckResult& b) {
  return {{"a", a}, {"b", b}};
}

EvidenceFacts record() {
  return {"tc-9", "New 2.0", kNow - days(10), kNow + days(500), "owner", "reviewer", kNow - days(9)};
}

TEST(Commitments, AllOfThemAreThereInBothLanguages) {
  const auto all = load_commitments(WARDER_COMMITMENTS);
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->size(), 93U);
  std::set<std::string> texts;
  for (const Commitment& each : *all) {
    EXPECT_TRUE(texts.insert(each.en).second) << each.id;
    EXPECT_TRUE(texts.insert(each.ja).second) << each.id;
  }
}

TEST(Commitments, NoneIsGreenByDefault) {
  const std::vector<Commitment> all = load_commitments(WARDER_COMMITMENTS).value();
  for (const Commitment& each : all) {
    const Assessment assessment = assess(each, {}, {}, kNow);
    EXPECT_NE(assessment.state, Kept) << each.id;
    EXPECT_NE(assessment.state, Broken) << each.id;
  }
}

TEST(Commitments, WhatIsTechnicalNamesChecksThatThereAreOrSaysWhyThereIsNone) {
  const auto ids = all_check_ids();
  std::set<std::string> used;
  const std::vector<Commitment> all = load_commitments(WARDER_COMMITMENTS).value();
  for (const Commitment& each : all) {
    const bool has_reason = !each.unmeasured.empty();
    EXPECT_EQ(has_reason, each.needs_checks() && each.checks.empty()) << each.id;
    for (const std::string& check : each.checks) {
      EXPECT_EQ(std::ranges::count(ids, check), 1) << each.id << ": " << check;
      used.insert(check);
    }
  }
  for (const std::string_view id : ids) EXPECT_TRUE(used.contains(std::string(id))) << id << " is nobody's";
}

TEST(Commitments, WhatIsWrongIsRefusedWithItsRow) {
  const std::string good = "- {id: tc-1, kind: technical, en: A., ja: あ。, owner: security, checks: [a]}";
  ASSERT_TRUE(parse_commitments("faq", good));
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"checks", "chekcs"},
                                                        {"technical", "green"},
                                                        {"technical", "organisational"},
                                                        {"technical", "statement"},
                                                        {"en: A.", "en: ''"},
                                                        {"en: A.", "en: \"A.\\nB.\""},
                                                        {"en: A.", "en: 'A. '"},
                                                        {"owner: security", "owner: ' security'"},
                                                        {"tc-1", "tc 1"},
                                                        {"tc-1", "1-tc"},
                                                        {"[a]}", "[a], pci: ['4 ']}"},
                                                        {"checks: [a]", "evidence: 365d"},
                                                        {"[a]}", "[a], fresh: soon}"},
                                                        {"- {", "- [{"}}) {
    std::string bad = good;
    bad.replace(bad.find(from), from.size(), to);
    EXPECT_FALSE(parse_commitments("faq", bad)) << bad;
  }
  EXPECT_FALSE(parse_commitments("faq", "a: b"));
  EXPECT_FALSE(parse_commitments("faq", "- text"));
}

TEST(Assessment, IsTheWorstOfWhatItRestsOn) {
  struct Case {
    const char* name;
    LatestResults results;
    TrustState state;
  };
  const auto good = result("a", Verdict::Pass);
  const Case cases[] = {
      {"both pass", both(good, result("b", Verdict::Pass)), Kept},
      {"one fails", both(good, result("b", Verdict::Fail)), Broken},
      {"one could not be carried out", both(good, result("b", Verdict::Unknown)), Unknown},
      {"one is not there", {{"a", good}}, NotMeasured},
      {"one is old", both(good, result("b", Verdict::Pass, kNow - hours(3))), Stale},
      {"an old failure is a failure", both(good, result("b", Verdict::Fail, kNow - days(30))), Broken},
      {"one is being prepared", both(good, pending_since(kNow - hours(3) + minutes(1))), NotMeasured},
      {"for too long", both(good, pending_since(kNow - hours(3))), Broken},
      {"since a time that is yet to come", both(good, pending_since(kNow + days(3))), NotMeasured},
      {"one is of the future", both(good, result("b", Verdict::Pass, kNow + minutes(3))), Unknown},
      {"a little ahead is no future", both(good, result("b", Verdict::Pass, kNow + minutes(1))), Kept},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(assess(technical(), c.results, {}, kNow).state, c.state);
  }
}

TEST(Assessment, OfEvidenceIsWhatTheRecordsSayToday) {
  const auto with = [](const auto& change) {
    EvidenceFacts facts = record();
    change(facts);
    return assess(organisational(), {}, std::vector{facts}, kNow);
  };
  EXPECT_EQ(with([](auto&) {}).state, Kept);
  EXPECT_EQ(with([](auto& r) { r.reviewed = std::nullopt; }).reason, "evidence-not-reviewed");
  EXPECT_EQ(with([](auto& r) { r.reviewer = r.owner; }).reason, "evidence-not-reviewed");
  EXPECT_EQ(with([](auto& r) { r.expires = kNow; }).reason, "evidence-expired");
  EXPECT_EQ(with([](auto& r) { r.issued = kNow - days(365); }).reason, "evidence-expired") << "whatever it says itself";
  EXPECT_EQ(with([](auto& r) { r.standard = "Old 1.0"; }).reason, "standard-superseded");
  EXPECT_EQ(with([](auto& r) { r.issued = kNow + days(1); }).reason, "evidence-of-the-future");
  EXPECT_EQ(with([](auto& r) { r.commitment = "tc-10a"; }).reason, "no-evidence");
  EvidenceFacts old = record();
  old.expires = kNow - days(1);
  EXPECT_EQ(assess(organisational(), {}, std::vector{old, record(), old}, kNow).state, Kept) << "the best one counts";
}

TEST(Assessment, OfWhatNeedsBothIsTheWorseOne) {
  Commitment commitment = technical();
  commitment.id = "tc-9";
  commitment.kind = CommitmentKind::Both;
  commitment.evidence_life = days(365);
  const auto good = both(result("a", Verdict::Pass), result("b", Verdict::Pass));
  EXPECT_EQ(assess(commitment, good, std::vector{record()}, kNow).state, Kept);
  EXPECT_EQ(assess(commitment, good, {}, kNow).state, NotClaimed);
  EXPECT_EQ(assess(commitment, {}, std::vector{record()}, kNow).state, NotMeasured);
}

Verdict any_verdict() {
  return *rc::gen::element(Verdict::Pass, Verdict::Fail, Verdict::Unknown);
}
Timestamp any_time() {
  return kNow + minutes(*rc::gen::inRange(-20'000, 20'000));
}

RC_GTEST_PROP(AssessmentProperty, KeptMeansThatEveryCheckPassedAndIsFresh, ()) {
  const LatestResults results = both(result("a", any_verdict(), any_time()), result("b", any_verdict(), any_time()));
  const Assessment assessment = assess(technical(), results, {}, kNow);
  bool is_good = true;
  for (const auto& [id, one] : results)
    is_good =
        is_good && one.verdict == Verdict::Pass && one.time <= kNow + kClockTolerance && one.time + hours(3) > kNow;
  RC_ASSERT((assessment.state == Kept) == is_good);
}

RC_GTEST_PROP(AssessmentProperty, SilenceMakesNothingBetter, ()) {
  // From when both results are of the past: only time passes.
  const LatestResults results =
      both(result("a", any_verdict(), kNow - minutes(*rc::gen::inRange(0, 600))), result("b", any_verdict(), kNow));
  const Timestamp later = kNow + minutes(*rc::gen::inRange(0, 100'000));
  RC_ASSERT(assess(technical(), results, {}, later).state >= assess(technical(), results, {}, kNow).state);
}

RC_GTEST_PROP(AssessmentProperty, HoldsUntilItsMomentAndNotLonger, ()) {
  const LatestResults results =
      both(result("a", Verdict::Pass, kNow - minutes(*rc::gen::inRange(0, 179))), result("b", Verdict::Pass));
  const Assessment now = assess(technical(), results, {}, kNow);
  RC_ASSERT(now.state == Kept);
  RC_ASSERT(now.holds_until.has_value());
  RC_ASSERT(assess(technical(), results, {}, *now.holds_until - std::chrono::microseconds(1)).state == Kept);
  RC_ASSERT(assess(technical(), results, {}, *now.holds_until).state == Stale);
}

RC_GTEST_PROP(AssessmentProperty, WhatIsBeingPreparedIsNeverGreen, ()) {
  const LatestResults results = both(result("a", Verdict::Pass), pending_since(any_time()));
  RC_ASSERT(assess(technical(), results, {}, any_time()).state != Kept);
}

RC_GTEST_PROP(AssessmentProperty, AClockSetBackIsNeverGreen, ()) {
  const LatestResults results = both(result("a", Verdict::Pass), result("b", Verdict::Pass));
  const Timestamp before = kNow - minutes(*rc::gen::inRange(3, 100'000));
  RC_ASSERT(assess(technical(), results, {}, before).state == Unknown);
}

RC_GTEST_PROP(AssessmentProperty, EvidenceHoldsBetweenReviewAndEndAlone, ()) {
  EvidenceFacts facts = record();
  facts.issued = any_time();
  facts.reviewed = any_time();
  facts.expires = facts.issued + days(*rc::gen::inRange(1, 800));
  const bool is_kept = assess(organisational(), {}, std::vector{facts}, kNow).state == Kept;
  const Timestamp end = std::min(facts.expires, Timestamp{facts.issued + days(365)});
  RC_ASSERT(is_kept ==
            (facts.issued <= kNow + kClockTolerance && *facts.reviewed <= kNow + kClockTolerance && kNow < end));
}

TEST(Ratio, IsShownInStepsAndNeverOfFew) {
  EXPECT_EQ((Ratio{9, 9}).shown_percent(), std::nullopt);
  EXPECT_EQ((Ratio{10, 10}).shown_percent(), 100);
  EXPECT_EQ((Ratio{99, 100}).shown_percent(), 95) << "one that is missing is never rounded away";
  EXPECT_EQ((Ratio{0, 10}).shown_percent(), 0);
  EXPECT_EQ((Ratio{11, 10}).shown_percent(), std::nullopt);
}

}  // namespace
}  // namespace warder::manager
