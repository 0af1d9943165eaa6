#include "manager/notify/rota.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/random.h"
#include "manager/identity/rows.h"

namespace warder::manager {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Timestamp at(std::string_view text) {
  return parse_rfc3339(text).value();
}

Rota make_rota(std::size_t people, std::int64_t shift_days, const std::string& zone = "Europe/Berlin") {
  Rota rota;
  rota.name = "soc";
  rota.time_zone = zone;
  rota.first_day = std::chrono::sys_days{std::chrono::year{2026} / 11 / 2};  // a Monday
  RotaLevel level;
  level.shift_days = shift_days;
  for (std::size_t i = 0; i < people; ++i) {
    const auto user = make_id<UserId>(Timestamp{});
    rota.members.push_back({user, {}});
    level.order.push_back(user);
  }
  rota.levels = {level};
  return rota;
}

TEST(Rota, TurnsChangeAtTheLocalHourAlsoWhenClocksChange) {
  const Rota rota = make_rota(2, 7);
  const TimeZone zone = TimeZone::load(rota.time_zone).value();
  const auto& order = rota.levels[0].order;
  EXPECT_EQ(on_call(rota, zone, 0, at("2026-11-02T08:00:00Z")), order[0]);  // 09:00 in winter
  EXPECT_EQ(on_call(rota, zone, 0, at("2026-11-09T07:59:59Z")), order[0]);
  EXPECT_EQ(on_call(rota, zone, 0, at("2026-11-09T08:00:00Z")), order[1]);
  EXPECT_EQ(on_call(rota, zone, 0, at("2026-11-02T07:59:59Z")), order[1]) << "before the first turn";
  // Clocks go forward on 2027-03-28: the turn that begins the day after begins at 07:00 UTC.
  EXPECT_EQ(shift_at(rota, zone, 0, at("2027-03-28T12:00:00Z")).until, at("2027-03-29T07:00:00Z"));
}

TEST(Rota, AStandInHoldsForItsTimeAndTheLastMadeWins) {
  Rota rota = make_rota(3, 7, "UTC");
  const TimeZone zone = TimeZone::utc();
  const auto order = rota.levels[0].order;
  const Timestamp begin = at("2026-11-03T00:00:00Z");
  rota.overrides.push_back({make_id<RotaOverrideId>(begin), 0, order[1], begin, begin + hours(10), begin});
  rota.overrides.push_back(
      {make_id<RotaOverrideId>(begin), 0, order[2], begin + hours(4), begin + hours(6), begin + seconds(1)});
  EXPECT_EQ(on_call(rota, zone, 0, begin - seconds(1)), order[0]);
  EXPECT_EQ(on_call(rota, zone, 0, begin), order[1]);
  EXPECT_EQ(on_call(rota, zone, 0, begin + hours(4)), order[2]);
  EXPECT_EQ(on_call(rota, zone, 0, begin + hours(6)), order[1]);
  EXPECT_EQ(on_call(rota, zone, 0, begin + hours(10)), order[0]);
  EXPECT_EQ(shifts(rota, zone, 0, begin - hours(1), begin + hours(11)).size(), 5U);
}

TEST(Rota, SkillsAreAskedFromThePersonOnCallOutwards) {
  Rota rota = make_rota(3, 7, "UTC");
  const TimeZone zone = TimeZone::utc();
  const Timestamp time = at("2026-11-03T00:00:00Z");
  rota.members[2].skills = {"forensics"};
  EXPECT_EQ(on_call_with_skill(rota, zone, "forensics", time), rota.members[2].user);
  rota.members[0].skills = {"forensics"};
  EXPECT_EQ(on_call_with_skill(rota, zone, "forensics", time), rota.members[0].user);
  EXPECT_FALSE(on_call_with_skill(rota, zone, "juggling", time));
}

TEST(Rota, LevelsAreToldOneAfterTheOther) {
  Rota rota = make_rota(1, 7, "UTC");
  rota.levels.push_back(rota.levels[0]);
  rota.levels.push_back(rota.levels[0]);
  rota.levels[0].wait = seconds(300);
  rota.levels[1].wait = seconds(600);
  EXPECT_EQ(level_after(rota, seconds(299)), 0U);
  EXPECT_EQ(level_after(rota, seconds(300)), 1U);
  EXPECT_EQ(level_after(rota, seconds(899)), 1U);
  EXPECT_EQ(level_after(rota, seconds(900)), 2U);
  EXPECT_EQ(level_after(rota, hours(100)), 2U);
}

TEST(Rota, WhatCannotBeOneIsRefusedWithItsPlace) {
  const auto error_of = [](const auto& change) {
    Rota rota = make_rota(2, 7);
    change(rota);
    const auto checked = check_rota(rota);
    return checked ? std::string() : checked.error().message;
  };
  EXPECT_EQ(error_of([](Rota&) {}), "");
  EXPECT_TRUE(error_of([](Rota& r) { r.levels.clear(); }).starts_with("/levels"));
  EXPECT_TRUE(error_of([](Rota& r) { r.levels[0].order.clear(); }).starts_with("/levels/0/order"));
  EXPECT_TRUE(error_of([](Rota& r) { r.members.pop_back(); }).starts_with("/levels/0/order"));
  EXPECT_TRUE(error_of([](Rota& r) { r.members[1] = r.members[0]; }).starts_with("/members/1"));
  EXPECT_TRUE(error_of([](Rota& r) { r.time_zone = "Mars/Olympus"; }).starts_with("/time_zone"));
  EXPECT_TRUE(error_of([](Rota& r) { r.levels[0].shift_days = 0; }).starts_with("/levels/0/shift_days"));
  EXPECT_TRUE(error_of([](Rota& r) { r.handover = minutes(1440); }).starts_with("/handover"));
}

// Exactly one at any time: shifts lie edge to edge, each holds from its first to its last moment, handovers by day take
// between 23 and 25 hours, and everybody has a turn.
RC_GTEST_PROP(RotaProperty, SomebodyIsAlwaysOnCallAndOnlyOne, ()) {
  static const std::vector<std::string> zones{"Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe",
                                              "America/St_Johns"};
  const auto people = *rc::gen::inRange<std::size_t>(1, 6);
  Rota rota = make_rota(people, *rc::gen::inRange<std::int64_t>(1, 15), *rc::gen::elementOf(zones));
  rota.handover = minutes(*rc::gen::inRange(0, 1440));
  const TimeZone zone = TimeZone::load(rota.time_zone).value();
  const Timestamp start = at("2020-01-01T00:00:00Z") + minutes(*rc::gen::inRange(0, 5'000'000));
  const auto overrides = *rc::gen::inRange(0, 4);
  for (int i = 0; i < overrides; ++i) {
    const Timestamp from = start + minutes(*rc::gen::inRange(0, 30'000));
    rota.overrides.push_back({make_id<RotaOverrideId>(start), 0,
                              rota.members.at(*rc::gen::inRange<std::size_t>(0, people)).user, from,
                              from + minutes(*rc::gen::inRange(1, 10'000)), start + seconds(i)});
  }
  const auto list = shifts(rota, zone, 0, start, start + days(40));
  Timestamp last = list.front().from;
  RC_ASSERT(last <= start);
  for (const Shift& shift : list) {
    RC_ASSERT(shift.from == last);
    RC_ASSERT(shift.until > shift.from);
    for (const Timestamp time : {shift.from, shift.until - std::chrono::microseconds(1)}) {
      const Shift again = shift_at(rota, zone, 0, time);
      RC_ASSERT(again.user == shift.user);
      RC_ASSERT(again.from == shift.from);
      RC_ASSERT(again.until == shift.until);
    }
    if (overrides == 0) {
      const auto length = shift.until - shift.from - days(rota.levels[0].shift_days);
      RC_ASSERT(std::chrono::abs(length) <= hours(1));
    }
    last = shift.until;
  }
  RC_ASSERT(last >= start + days(40));
}

// At the minutes around every change of clocks of a year.
RC_GTEST_PROP(RotaProperty, NobodyIsForgottenWhenClocksChange, ()) {
  Rota rota = make_rota(3, 1, *rc::gen::element<std::string>("Europe/Berlin", "Australia/Lord_Howe"));
  rota.handover = minutes(*rc::gen::inRange(0, 240));  // clocks change in these hours
  const TimeZone zone = TimeZone::load(rota.time_zone).value();
  std::vector<UserId> seen;
  Timestamp time = at("2026-03-20T00:00:00Z");
  for (const Timestamp end = time + days(30); time < end; time = shift_at(rota, zone, 0, time).until)
    seen.push_back(on_call(rota, zone, 0, time));
  for (std::size_t i = 3; i < seen.size(); ++i) {
    RC_ASSERT(seen[i] == seen[i - 3]);
    RC_ASSERT(seen[i] != seen[i - 1]);
  }
}

}  // namespace
}  // namespace warder::manager
