#include "manager/review/review_state.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <random>

namespace warder::manager {
namespace {

using std::chrono::hours;

constexpr Timestamp kEnd = std::chrono::sys_days{std::chrono::year{2026} / 11 / 27};
constexpr Timestamp kDeadline = kEnd + hours{24};

DayRecords day_with(std::map<std::string, TriagedSystem> systems, std::vector<Covered> covered = {}) {
  return {kEnd, kDeadline, true, std::move(systems), std::move(covered)};
}

DayState state_at(const DayRecords& records, Timestamp now) {
  return standing_of(records, now).state;
}

TEST(ReviewState, FollowsRecordsAndTime) {
  const std::map<std::string, TriagedSystem> two = {{"a", {TriageResult::Quiet, 5}}, {"b", {TriageResult::Look, 7}}};
  const Timestamp soon = kEnd + hours{1};
  const Timestamp late = kDeadline + hours{1};
  EXPECT_EQ(state_at(day_with(two), kEnd - hours{1}), DayState::Running);
  EXPECT_EQ(state_at(day_with(two), soon), DayState::Open);
  EXPECT_EQ(state_at(day_with(two), kDeadline), DayState::Missed);
  EXPECT_EQ(state_at(day_with(two, {{"a", 5, soon}}), soon), DayState::Open) << "one of two";
  EXPECT_EQ(state_at(day_with(two, {{"a", 5, soon}, {"b", 7, soon}}), late), DayState::Signed);
  EXPECT_EQ(state_at(day_with(two, {{"a", 5, soon}, {"b", 7, late}}), late), DayState::Late);
  EXPECT_EQ(state_at(day_with(two, {{"a", 5, soon}, {"b", 6, soon}}), late), DayState::Recount);
  EXPECT_EQ(state_at(day_with(two, {{"a", 5, soon}, {"b", 6, soon}, {"b", 7, late}}), late), DayState::Signed)
      << "looked at in time, and again when more came";
}

TEST(ReviewState, ADayThatWasNotTriagedIsNeverSigned) {
  DayRecords records = day_with({}, {});
  records.is_triaged = false;
  EXPECT_EQ(state_at(records, kEnd + hours{1}), DayState::Open);
  EXPECT_EQ(state_at(records, kDeadline + hours{1}), DayState::Missed);
}

rc::Gen<DayRecords> any_records() {
  return rc::gen::exec([] {
    DayRecords records = day_with({});
    records.is_triaged = *rc::gen::arbitrary<bool>();
    for (const char* system : {"a", "b", "c"}) {
      if (*rc::gen::inRange(0, 4) == 0) continue;
      records.systems[system] = {static_cast<TriageResult>(*rc::gen::inRange(0, 3)), *rc::gen::inRange(0, 9)};
      const int looks = *rc::gen::inRange(0, 3);
      for (int i = 0; i < looks; ++i)
        records.covered.push_back({system, *rc::gen::inRange(0, 9), kEnd + hours{*rc::gen::inRange(0, 60)}});
    }
    return records;
  });
}

RC_GTEST_PROP(ReviewStateProperty, TheOrderOfRecordsDoesNotMatter, ()) {
  const DayRecords records = *any_records();
  const Timestamp now = kEnd + hours{*rc::gen::inRange(-5, 80)};
  DayRecords shuffled = records;
  std::ranges::shuffle(shuffled.covered, std::mt19937(*rc::gen::arbitrary<unsigned>()));
  RC_ASSERT(standing_of(records, now) == standing_of(shuffled, now));
}

RC_GTEST_PROP(ReviewStateProperty, AMissedDayIsNeverSignedInTimeAfterwards, ()) {
  const DayRecords records = *any_records();
  RC_PRE(standing_of(records, kDeadline).state == DayState::Missed || !standing_of(records, kDeadline).completed);
  DayRecords later = records;
  for (const auto& [system, triaged] : records.systems)
    later.covered.push_back({system, triaged.events, kDeadline + hours{1 + *rc::gen::inRange(0, 50)}});
  const DayStanding standing = standing_of(later, kDeadline + hours{100});
  RC_ASSERT(standing.state == DayState::Missed || standing.state == DayState::Late);
}

RC_GTEST_PROP(ReviewStateProperty, SignedMeansThatEveryEventWasSeen, ()) {
  const DayRecords records = *any_records();
  const DayStanding standing = standing_of(records, kEnd + hours{100});
  if (standing.state != DayState::Signed && standing.state != DayState::Late) return;
  for (const auto& [system, triaged] : records.systems)
    RC_ASSERT(std::ranges::any_of(
        records.covered, [&](const Covered& each) { return each.system == system && each.events >= triaged.events; }));
}

}  // namespace
}  // namespace warder::manager
