#include "manager/trust/acknowledgement.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using enum AcknowledgementState;

const Timestamp kBegin = from_micros(1'790'000'000'000'000);

TEST(Acknowledgement, IsDueThenOverdueThenCompleteUntilTheCadenceHasPassed) {
  const AcknowledgementTerms terms{kBegin, days(365), days(14)};
  const Timestamp read = kBegin + days(20);
  struct Case {
    const char* name;
    AcknowledgementFacts facts;
    Timestamp now;
    AcknowledgementState state;
    Timestamp deadline;
  };
  const Case cases[] = {
      {"at the beginning", {kBegin - days(9), {}}, kBegin, Due, kBegin + days(14)},
      {"before the grace has passed", {kBegin - days(9), {}}, kBegin + days(14) - minutes(1), Due, kBegin + days(14)},
      {"after it", {kBegin - days(9), {}}, kBegin + days(14), Overdue, kBegin + days(14)},
      {"who came later has as long", {kBegin + days(100), {}}, kBegin + days(113), Due, kBegin + days(114)},
      {"read late, but read", {kBegin, read}, kBegin + days(21), Complete, read + days(379)},
      {"until the cadence has passed", {kBegin, read}, read + days(365) - minutes(1), Complete, read + days(379)},
      {"then it is due again", {kBegin, read}, read + days(365), Due, read + days(379)},
      {"and overdue again", {kBegin, read}, read + days(379), Overdue, read + days(379)},
      {"what is of the future was not read", {kBegin, kBegin + days(5)}, kBegin + days(1), Due, kBegin + days(14)},
      {"a clock set back before the version", {kBegin, {}}, kBegin - days(3), Due, kBegin + days(14)},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const Acknowledgement got = assess_acknowledgement(terms, c.facts, c.now);
    EXPECT_EQ(name(got.state), name(c.state));
    EXPECT_EQ(got.deadline, c.deadline);
  }
}

TEST(Acknowledgement, WithoutACadenceItLastsAsLongAsTheVersion) {
  const AcknowledgementTerms terms{kBegin, days(0), days(14)};
  EXPECT_EQ(assess_acknowledgement(terms, {kBegin, kBegin}, kBegin + days(9999)),
            (Acknowledgement{Complete, std::nullopt}));
}

TEST(Acknowledgement, RemindersComeInFourStages) {
  const AcknowledgementTerms terms{kBegin, days(0), days(14)};
  const auto stage = [&](Timestamp now) {
    return reminder_stage(assess_acknowledgement(terms, {kBegin, {}}, now), now);
  };
  EXPECT_EQ(stage(kBegin), 1);
  EXPECT_EQ(stage(kBegin + days(11)), 2);
  EXPECT_EQ(stage(kBegin + days(14)), 3);
  EXPECT_EQ(stage(kBegin + days(21)), 4);
  EXPECT_EQ(reminder_stage(assess_acknowledgement(terms, {kBegin, kBegin}, kBegin), kBegin), 0);
}

struct Drawn {
  AcknowledgementTerms terms;
  AcknowledgementFacts facts;
};
Drawn draw() {
  const auto hour = [](int least, int most) { return hours(*rc::gen::inRange(least, most)); };
  Drawn drawn{{kBegin, days(*rc::gen::inRange(0, 400)), days(*rc::gen::inRange(1, 90))},
              {kBegin + hour(-9000, 9000), {}}};
  if (*rc::gen::arbitrary<bool>()) drawn.facts.acknowledged = kBegin + hour(0, 9000);
  return drawn;
}
Timestamp draw_time() {
  return kBegin + hours(*rc::gen::inRange(-2000, 40'000));
}

RC_GTEST_PROP(AcknowledgementProperty, TimeAloneNeverMakesItBetter, ()) {
  const Drawn drawn = draw();
  Timestamp earlier = draw_time();
  if (drawn.facts.acknowledged) earlier = std::max(earlier, *drawn.facts.acknowledged);
  const Timestamp later = earlier + hours(*rc::gen::inRange(0, 9000));
  const auto before = assess_acknowledgement(drawn.terms, drawn.facts, earlier);
  const auto after = assess_acknowledgement(drawn.terms, drawn.facts, later);
  RC_ASSERT(after.state >= before.state);
  RC_ASSERT(after.deadline == before.deadline);
  RC_ASSERT(reminder_stage(after, later) >= reminder_stage(before, earlier));
}

RC_GTEST_PROP(AcknowledgementProperty, TheDeadlineIsWhenItTurnsOverdue, ()) {
  const Drawn drawn = draw();
  const Timestamp now = draw_time();
  const auto got = assess_acknowledgement(drawn.terms, drawn.facts, now);
  RC_ASSERT((got.state == Overdue) == (got.deadline && now >= *got.deadline));
  RC_ASSERT((reminder_stage(got, now) == 0) == (got.state == Complete));
}

RC_GTEST_PROP(AcknowledgementProperty, NobodyHasAcknowledgedWhoHasNot, ()) {
  Drawn drawn = draw();
  const Timestamp now = draw_time();
  drawn.facts.acknowledged.reset();
  RC_ASSERT(assess_acknowledgement(drawn.terms, drawn.facts, now).state != Complete);
  drawn.facts.acknowledged = now;
  drawn.terms.cadence = std::max(drawn.terms.cadence, days(1));
  RC_ASSERT(assess_acknowledgement(drawn.terms, drawn.facts, now).state == Complete);
}

RC_GTEST_PROP(AcknowledgementProperty, EverybodyIsCountedOnce, ()) {
  Headcount count;
  const auto states = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 3));
  for (const int each : states) count.add(static_cast<AcknowledgementState>(each));
  RC_ASSERT(count.people == static_cast<std::int64_t>(states.size()));
  RC_ASSERT(count.complete + count.due + count.overdue == count.people);
}

}  // namespace
}  // namespace warder::manager
