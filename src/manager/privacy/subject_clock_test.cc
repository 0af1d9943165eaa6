#include "manager/privacy/subject_clock.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::sys_days;
using namespace std::chrono_literals;

constexpr Timestamp kReceived = sys_days{2026y / 1 / 31} + 9h;

TEST(SubjectClock, AMonthEndsOnTheSameDayOrTheLast) {
  EXPECT_EQ(add_months(sys_days{2026y / 1 / 15} + 9h, 1), sys_days{2026y / 2 / 15} + 9h);
  EXPECT_EQ(add_months(kReceived, 1), sys_days{2026y / 2 / 28} + 9h);
  EXPECT_EQ(add_months(sys_days{2028y / 1 / 31} + 9h, 1), sys_days{2028y / 2 / 29} + 9h);
  EXPECT_EQ(add_months(sys_days{2026y / 11 / 30} + 9h, 3), sys_days{2027y / 2 / 28} + 9h);
}

TEST(SubjectClock, TheIdentityCheckDoesNotStopIt) {
  EXPECT_EQ(state_of({kReceived}, kReceived), SubjectState::Received);
  EXPECT_EQ(state_of({kReceived, kReceived + 1h}, kReceived + 2h), SubjectState::Open);
  EXPECT_EQ(state_of({kReceived}, due_of({kReceived})), SubjectState::Received);
  EXPECT_EQ(state_of({kReceived}, due_of({kReceived}) + 1us), SubjectState::Overdue);
  EXPECT_EQ(state_of({kReceived, kReceived + 1h}, due_of({kReceived}) + 1us), SubjectState::Overdue);
}

TEST(SubjectClock, AnExtensionGivesTwoMonthsMore) {
  const SubjectTimes extended{kReceived, kReceived, kReceived + days{10}};
  EXPECT_EQ(due_of(extended), sys_days{2026y / 4 / 30} + 9h);
  EXPECT_TRUE(can_extend({kReceived}, due_of({kReceived})));
  EXPECT_FALSE(can_extend({kReceived}, due_of({kReceived}) + 1us)) << "the person was not told in time";
  EXPECT_FALSE(can_extend(extended, kReceived + days{11})) << "once";
  EXPECT_FALSE(can_extend({kReceived, {}, {}, kReceived}, kReceived + 1h));
}

TEST(SubjectClock, AnAnswerThatCameLateStaysLate) {
  SubjectTimes times{kReceived, kReceived, {}, due_of({kReceived})};
  EXPECT_EQ(state_of(times, kReceived + days{900}), SubjectState::Done);
  times.is_refused = true;
  EXPECT_EQ(state_of(times, kReceived + days{900}), SubjectState::Refused);
  times.closed = due_of({kReceived}) + 1us;
  EXPECT_EQ(state_of(times, kReceived + days{900}), SubjectState::Late);
}

Timestamp arbitrary_time() {
  constexpr std::int64_t kYears = std::int64_t{80} * 365 * 24 * 3600;
  return Timestamp{microseconds{*rc::gen::inRange<std::int64_t>(0, kYears) * 1'000'000}};
}

RC_GTEST_PROP(SubjectClockProperty, AMonthIsNeverLongerThan31Days, ()) {
  const Timestamp received = arbitrary_time();
  const auto first = due_of({received}) - received;
  RC_ASSERT(first >= days{28} && first <= days{31});
  const auto extended = due_of({received, {}, received}) - received;
  RC_ASSERT(extended >= days{89} && extended <= days{92});
  RC_ASSERT((due_of({received}) - received) % days{1} == microseconds{0});
}

RC_GTEST_PROP(SubjectClockProperty, AnOpenOneOnlyEverGetsOlder, ()) {
  SubjectTimes times{arbitrary_time()};
  if (*rc::gen::arbitrary<bool>()) times.identity_checked = times.received + 1h;
  if (*rc::gen::arbitrary<bool>()) times.extended = times.received + 2h;
  const Timestamp now = times.received + hours{*rc::gen::inRange(0, 24 * 200)};
  const bool is_overdue = state_of(times, now) == SubjectState::Overdue;
  RC_ASSERT(is_overdue == (now > due_of(times)));
  RC_ASSERT(!is_overdue || state_of(times, now + 1h) == SubjectState::Overdue);
  times.closed = now;
  RC_ASSERT((state_of(times, now + days{500}) == SubjectState::Late) == is_overdue);
  RC_ASSERT(!can_extend(times, now));
}

}  // namespace
}  // namespace warder::manager
