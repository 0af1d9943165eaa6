#include "base/time_zone.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace warder {
namespace {

Timestamp at(std::string_view text) {
  return parse_rfc3339(text).value();
}
LocalTime clock_shows(std::string_view text) {
  return LocalTime{at(text).time_since_epoch()};
}

TEST(TimeZone, KnowsOffsetsOfThePastAndTheFuture) {
  const TimeZone tokyo = TimeZone::load("Asia/Tokyo").value();
  EXPECT_EQ(tokyo.offset_at(at("2026-11-27T00:00:00Z")), std::chrono::hours(9));
  const TimeZone berlin = TimeZone::load("Europe/Berlin").value();
  EXPECT_EQ(berlin.offset_at(at("2026-03-29T00:59:59Z")), std::chrono::hours(1));
  EXPECT_EQ(berlin.offset_at(at("2026-03-29T01:00:00Z")), std::chrono::hours(2));
  EXPECT_EQ(berlin.offset_at(at("2036-07-01T00:00:00Z")), std::chrono::hours(2));
  EXPECT_EQ(TimeZone::load("UTC").value().offset_at(at("2026-01-01T00:00:00Z")), std::chrono::hours(0));
}

TEST(TimeZone, AnHourThatIsSkippedBeginsAtItsEndAndOneThatComesTwiceAtItsFirst) {
  const TimeZone berlin = TimeZone::load("Europe/Berlin").value();
  EXPECT_EQ(berlin.to_utc(clock_shows("2026-03-29T02:30:00Z")), at("2026-03-29T01:00:00Z"));
  EXPECT_EQ(berlin.to_utc(clock_shows("2026-10-25T02:30:00Z")), at("2026-10-25T00:30:00Z"));
  EXPECT_EQ(berlin.to_utc(clock_shows("2026-07-01T12:00:00Z")), at("2026-07-01T10:00:00Z"));
}

TEST(TimeZone, WhatIsNoZoneIsRefused) {
  EXPECT_EQ(TimeZone::load("Mars/Olympus").error().code, ErrorCode::NotFound);
  for (const char* name : {"", "../etc/passwd", "/etc/passwd", "Asia/", "Asia/To kyo"})
    EXPECT_EQ(TimeZone::load(name).error().code, ErrorCode::Invalid) << name;
  EXPECT_FALSE(TimeZone::load("Asia"));
}

RC_GTEST_PROP(TimeZoneProperty, LocalTimesComeBack, ()) {
  static const std::vector<TimeZone> zones = [] {
    std::vector<TimeZone> list;
    for (const char* name : {"Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "Pacific/Apia"})
      list.push_back(TimeZone::load(name).value());
    return list;
  }();
  const TimeZone& zone = zones.at(*rc::gen::inRange<std::size_t>(0, zones.size()));
  const Timestamp time{std::chrono::seconds(*rc::gen::inRange<std::int64_t>(0, 2'100'000'000))};
  const LocalTime local = zone.to_local(time);
  const Timestamp first = zone.to_utc(local);
  RC_ASSERT(first <= time);
  RC_ASSERT(zone.to_local(first) == local);
  RC_ASSERT(zone.to_local(first - std::chrono::seconds(1)) < local);
}

RC_GTEST_PROP(TimeZoneProperty, AnyBytesAreReadOrRefused, (const std::vector<std::uint8_t>& tail)) {
  Bytes file{'T', 'Z', 'i', 'f', '2'};
  file.insert(file.end(), tail.begin(), tail.end());
  if (const auto zone = TimeZone::parse(file)) RC_ASSERT(zone->to_utc(zone->to_local(Timestamp{})) <= Timestamp{});
}

}  // namespace
}  // namespace warder
