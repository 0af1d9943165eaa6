#include "manager/incidents/incident_state.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace warder::manager {
namespace {

using std::chrono::hours;

const ClosingWords kWhole = {"a weak password", "passkeys", "the rota was wrong", "user:1", Timestamp{}};

TEST(IncidentState, ClosingTakesAllThree) {
  EXPECT_TRUE(check_closing(kWhole));
  ClosingWords words = kWhole;
  words.root_cause = " ";
  EXPECT_TRUE(check_closing(words).error().message.starts_with("/root_cause"));
  words = kWhole;
  words.corrective_action.clear();
  EXPECT_TRUE(check_closing(words).error().message.starts_with("/corrective_action"));
  words = kWhole;
  words.plan_review = "\n";
  EXPECT_TRUE(check_closing(words).error().message.starts_with("/plan_review")) << "a review says something";
  words = kWhole;
  words.plan_reviewed_by.clear();
  EXPECT_TRUE(check_closing(words).error().message.starts_with("/plan_review")) << "and is somebody's";
  words = kWhole;
  words.plan_reviewed.reset();
  EXPECT_TRUE(check_closing(words).error().message.starts_with("/plan_review"));
}

TEST(IncidentState, GoesAheadAndBackButNeverToDeclared) {
  using enum IncidentState;
  EXPECT_TRUE(check_move(Declared, Triaged, {}));
  EXPECT_TRUE(check_move(Contained, Triaged, {}));
  EXPECT_TRUE(check_move(Triaged, Closed, kWhole));
  EXPECT_TRUE(check_move(Closed, Triaged, {}));
  EXPECT_EQ(check_move(Triaged, Declared, kWhole).error().code, ErrorCode::Conflict);
  EXPECT_EQ(check_move(Closed, Recovered, kWhole).error().code, ErrorCode::Conflict);
  EXPECT_EQ(check_move(Triaged, Triaged, {}).error().code, ErrorCode::Conflict);
}

TEST(IncidentState, TheClockOfABreach) {
  const Timestamp aware{hours{1000}};
  EXPECT_EQ(breach_clock(aware, {}, aware + hours{47}), BreachClock::Running);
  EXPECT_EQ(breach_clock(aware, {}, aware + hours{48}), BreachClock::DueSoon);
  EXPECT_EQ(breach_clock(aware, {}, aware + hours{72}), BreachClock::DueSoon);
  EXPECT_EQ(breach_clock(aware, {}, aware + hours{73}), BreachClock::Late);
  EXPECT_EQ(breach_clock(aware, aware + hours{72}, aware + hours{900}), BreachClock::Notified);
  EXPECT_EQ(breach_clock(aware, aware + hours{73}, aware + hours{900}), BreachClock::NotifiedLate);
}

TEST(IncidentState, TheMatrixRisesWithBoth) {
  const SeverityMatrix matrix = default_matrix();
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      EXPECT_GE(matrix.at(i).at(j), matrix.at(i == 0 ? 0 : i - 1).at(j));
      EXPECT_GE(matrix.at(i).at(j), matrix.at(i).at(j == 0 ? 0 : j - 1));
    }
  EXPECT_EQ(matrix[2][2], Severity::Critical);
}

RC_GTEST_PROP(IncidentStateProperty, NoPathToClosedWithoutTheThree, ()) {
  ClosingWords words = kWhole;
  if (*rc::gen::arbitrary<bool>()) words.root_cause.clear();
  if (*rc::gen::arbitrary<bool>()) words.corrective_action = "\t";
  if (*rc::gen::arbitrary<bool>()) words.plan_review.clear();
  IncidentState state = IncidentState::Declared;
  for (const int to : *rc::gen::container<std::vector<int>>(20, rc::gen::inRange(0, 6)))
    if (check_move(state, static_cast<IncidentState>(to), words)) state = static_cast<IncidentState>(to);
  if (!check_closing(words)) RC_ASSERT(state != IncidentState::Closed);
}

}  // namespace
}  // namespace warder::manager
