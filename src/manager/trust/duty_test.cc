#include "manager/trust/duty.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using enum DutyState;

const Timestamp kNow = from_micros(1'790'000'000'000'000);

Commitment promise() {
  Commitment made;
  made.id = "tc-9";
  made.kind = CommitmentKind::Organisational;
  made.evidence_life = days(365);
  made.supersedes = "Old 1.0";
  return made;
}

DutyTerms assigned(Timestamp when = kNow) {
  return {"olga", "dan", "rita", std::nullopt, when};
}

EvidenceFacts record(Timestamp issued, bool is_reviewed = true) {
  EvidenceFacts made{"tc-9", "New 2.0", issued, issued + days(900), "olga", {}, std::nullopt};
  if (is_reviewed) {
    made.reviewer = "rita";
    made.reviewed = issued + hours(1);
  }
  return made;
}

EvidenceFacts changed(EvidenceFacts made, void (*change)(EvidenceFacts&)) {
  change(made);
  return made;
}

TEST(Duty, StandsAsItsBestEvidenceDoes) {
  const EvidenceFacts good = record(kNow);
  struct Case {
    const char* name;
    DutyTerms terms;
    std::vector<EvidenceFacts> evidence;
    Timestamp now;
    DutyState state;
    std::optional<Timestamp> due;
    bool is_to_review = false;
  };
  const Case cases[] = {
      {"nobody's, and nothing", {}, {}, kNow, Unassigned, {}},
      {"the first is awaited", assigned(), {}, kNow, Due, kNow + days(30)},
      {"and did not come", assigned(), {}, kNow + days(30), Overdue, kNow + days(30)},
      {"a clock set back before it was given", assigned(), {}, kNow - days(90), Due, kNow + days(30)},
      {"it holds as long as the promise lets it", assigned(), {good}, kNow + days(334), Held, kNow + days(365)},
      {"a month before", assigned(), {good}, kNow + days(335), Due, kNow + days(365)},
      {"to its end", assigned(), {good}, kNow + days(365) - minutes(1), Due, kNow + days(365)},
      {"then not", assigned(), {good}, kNow + days(365), Overdue, kNow + days(365)},
      {"nobody's, but evidence ended", {}, {good}, kNow + days(365), Overdue, kNow + days(365)},
      {"more often", {"olga", "", "rita", days(90), kNow}, {good}, kNow + days(70), Due, kNow + days(90)},
      {"never more seldom", {"olga", "", "rita", days(900), kNow}, {good}, kNow + days(1), Held, kNow + days(365)},
      {"it ends by itself before",
       assigned(),
       {changed(good, [](auto& r) { r.expires = r.issued + days(40); })},
       kNow + days(1),
       Held,
       kNow + days(40)},
      {"nobody else has seen it", assigned(), {record(kNow, false)}, kNow, Due, kNow + days(30), true},
      {"its owner has",
       assigned(),
       {changed(good, [](auto& r) { r.reviewer = "olga"; })},
       kNow,
       Due,
       kNow + days(30),
       true},
      {"for an old standard",
       assigned(),
       {changed(good, [](auto& r) { r.standard = "Old 1.0"; })},
       kNow,
       Due,
       kNow + days(30)},
      {"of the future", assigned(), {record(kNow + days(3))}, kNow, Due, kNow + days(30)},
      {"of another promise",
       assigned(),
       {changed(good, [](auto& r) { r.commitment = "tc-8"; })},
       kNow,
       Due,
       kNow + days(30)},
      {"the next one waits",
       assigned(),
       {good, record(kNow + days(340), false)},
       kNow + days(341),
       Due,
       kNow + days(365),
       true},
      {"an older one waits in vain",
       assigned(),
       {record(kNow - days(9), false), good},
       kNow + days(1),
       Held,
       kNow + days(365)},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const DutyStanding got = assess_duty(promise(), c.terms, c.evidence, c.now);
    EXPECT_EQ(name(got.state), name(c.state));
    EXPECT_EQ(got.due, c.due);
    EXPECT_EQ(got.is_to_review, c.is_to_review);
  }
}

TEST(Duty, RemindersComeAMonthTwoWeeksAWeekAndADayAheadAndAtTheEnd) {
  const std::pair<Timestamp, int> stages[] = {{kNow - days(31), 0},
                                              {kNow - days(30), 1},
                                              {kNow - days(14), 2},
                                              {kNow - days(7), 3},
                                              {kNow - days(1), 4},
                                              {kNow - minutes(1), 4},
                                              {kNow, 5},
                                              {kNow + days(900), 5}};
  for (const auto& [now, stage] : stages) EXPECT_EQ(reminder_stage(kNow, now), stage) << to_rfc3339(now);
}

Timestamp any_time() {
  return kNow + minutes(*rc::gen::inRange(-600'000, 600'000));
}

std::vector<EvidenceFacts> any_evidence() {
  std::vector<EvidenceFacts> all;
  const int count = *rc::gen::inRange(0, 5);
  for (int i = 0; i < count; ++i) all.push_back(record(any_time(), *rc::gen::arbitrary<bool>()));
  return all;
}

RC_GTEST_PROP(DutyProperty, IsHeldOnlyWhileThePromiseIsKept, ()) {
  const auto evidence = any_evidence();
  const Timestamp now = any_time();
  DutyTerms terms = assigned(any_time());
  if (*rc::gen::arbitrary<bool>()) terms.cadence = days(*rc::gen::inRange(1, 800));
  const DutyStanding standing = assess_duty(promise(), terms, evidence, now);
  RC_ASSERT((standing == assess_duty(promise(), terms, evidence, now)));
  const bool is_kept = assess(promise(), {}, evidence, now).state == TrustState::Kept;
  RC_ASSERT(standing.state != Held || is_kept);
  RC_ASSERT(standing.due.has_value());
  RC_ASSERT((standing.state == Overdue) == (now >= *standing.due));
}

RC_GTEST_PROP(DutyProperty, MoreEvidenceNeverMakesItDueEarlier, ()) {
  auto evidence = any_evidence();
  evidence.push_back(record(kNow - days(500)));  // so that it is not the assignment that counts
  const Timestamp now = kNow + minutes(*rc::gen::inRange(0, 600'000));
  const auto before = assess_duty(promise(), assigned(), evidence, now).due;
  evidence.push_back(record(any_time(), *rc::gen::arbitrary<bool>()));
  RC_ASSERT((assess_duty(promise(), assigned(), evidence, now).due >= before));
}

RC_GTEST_PROP(DutyProperty, HoweverTheClockGoesEachStageOfARoundIsToldOnceAndInOrder, ()) {
  const std::vector evidence{record(kNow)};
  ToldStage told;
  int highest = 0;
  const int looks = *rc::gen::inRange(1, 40);
  for (int i = 0; i < looks; ++i) {
    const Timestamp now = kNow + days(200) + minutes(*rc::gen::inRange(0, 300'000));  // to and fro
    const ToldStage next = next_stage(told, assess_duty(promise(), assigned(), evidence, now), now);
    RC_ASSERT(next.stage >= told.stage);
    highest = std::max(highest, reminder_stage(kNow + days(365), now));
    RC_ASSERT(next.stage == highest);
    told = next;
  }
}

TEST(Duty, AnotherRoundBeginsAnew) {
  const ToldStage overdue{kNow, kOverdueStage};
  const DutyStanding renewed{Held, kNow + days(365), false};
  EXPECT_EQ(next_stage(overdue, renewed, kNow), (ToldStage{kNow + days(365), 0}));
  EXPECT_EQ(next_stage(overdue, {}, kNow), ToldStage{}) << "nobody's, and nothing: nobody is asked";
}

}  // namespace
}  // namespace warder::manager
