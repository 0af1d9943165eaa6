#include "manager/tenancy/calendar.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace warder::manager {
namespace {

using std::chrono::hours;

std::chrono::microseconds length_of(const char* zone, const char* day_name) {
  const Calendar calendar = Calendar::of(zone).value();
  const Day day = parse_day(day_name).value();
  return calendar.start_of(day + std::chrono::days(1)) - calendar.start_of(day);
}

TEST(Calendar, ADayHasAsManyHoursAsThePlaceGivesIt) {
  EXPECT_EQ(length_of("UTC", "2026-03-29"), hours(24));
  EXPECT_EQ(length_of("Europe/Berlin", "2026-03-29"), hours(23));
  EXPECT_EQ(length_of("Europe/Berlin", "2026-10-25"), hours(25));
  EXPECT_EQ(length_of("Australia/Lord_Howe", "2026-10-04"), std::chrono::minutes(23 * 60 + 30));
}

TEST(Calendar, ADayBeginsLaterWhereMidnightIsLeftOut) {
  const Calendar calendar = Calendar::of("Asia/Beirut").value();  // 00:00 becomes 01:00
  EXPECT_EQ(to_rfc3339(calendar.start_of(parse_day("2026-03-29").value())), "2026-03-28T22:00:00.000000Z");
  EXPECT_EQ(length_of("Asia/Beirut", "2026-03-29"), hours(23));
}

TEST(Calendar, DaysHaveATextAndOthersAreRefused) {
  for (const char* text : {"1970-01-01", "2024-02-29", "2026-12-31"}) EXPECT_EQ(to_text(parse_day(text).value()), text);
  for (const char* text : {"", "2026-1-01", "2026-02-30", "2026-13-01", "20261101", "2026-11-01T", "2026-11-01Z"})
    EXPECT_FALSE(parse_day(text)) << text;
}

TEST(Calendar, WhatTheHostLacksIsRefused) {
  for (const char* name : {"", "Mars/Olympus", "../../etc/passwd", "/etc/passwd"})
    EXPECT_EQ(Calendar::of(name).error().code, ErrorCode::Invalid) << name;
}

RC_GTEST_PROP(CalendarProperty, EveryMomentIsWithinItsDay, ()) {
  const Calendar calendar = Calendar::of(*rc::gen::element("UTC", "Asia/Tokyo", "Europe/Berlin", "America/Sao_Paulo",
                                                           "Asia/Kathmandu", "Africa/Cairo", "America/New_York"))
                                .value();
  const Timestamp time{std::chrono::seconds(*rc::gen::inRange<std::int64_t>(0, 2'000'000'000))};
  const Day day = calendar.day_of(time);
  RC_ASSERT(calendar.start_of(day) <= time);
  RC_ASSERT(time < calendar.start_of(day + std::chrono::days(1)));
}

}  // namespace
}  // namespace warder::manager
