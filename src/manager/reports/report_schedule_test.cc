#include "manager/reports/report_schedule.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/json.h"

namespace warder::manager {
namespace {

Timestamp at(std::string_view text) {
  return parse_rfc3339(text).value();
}

ReportSchedule schedule(std::string_view text) {
  return ReportSchedule::parse(parse_json(text).value().as_object()).value();
}

std::string refusal(std::string_view text) {
  const auto parsed = ReportSchedule::parse(parse_json(text).value().as_object());
  return parsed ? "" : parsed.error().message;
}

TEST(ReportSchedule, ADayIsTheDayOfItsPlace) {
  const auto daily = schedule(R"({"every":"day","at":"06:30","zone":"Asia/Tokyo"})");
  EXPECT_EQ(daily.next_after(at("2026-11-27T00:00:00Z")), at("2026-11-27T21:30:00Z"));
  EXPECT_EQ(daily.next_after(at("2026-11-27T21:30:00Z")), at("2026-11-28T21:30:00Z")) << "after, not at";
  EXPECT_EQ(daily.last_until(at("2026-11-27T21:30:00Z")), at("2026-11-27T21:30:00Z"));
  EXPECT_EQ(daily.last_until(at("2026-11-27T21:29:59Z")), at("2026-11-26T21:30:00Z"));
}

TEST(ReportSchedule, AWeekAndAMonthHaveTheirDay) {
  const auto sundays = schedule(R"({"every":"week","weekday":"sun","at":"08:00","zone":"UTC"})");
  EXPECT_EQ(sundays.next_after(at("2026-11-28T09:00:00Z")), at("2026-11-29T08:00:00Z"));
  EXPECT_EQ(sundays.next_after(at("2026-11-29T08:00:00Z")), at("2026-12-06T08:00:00Z"));
  EXPECT_EQ(sundays.last_until(at("2026-11-30T00:00:00Z")), at("2026-11-29T08:00:00Z"));
  const auto first = schedule(R"({"every":"month","day":1,"at":"00:00","zone":"UTC"})");
  EXPECT_EQ(first.next_after(at("2026-12-01T00:00:00Z")), at("2027-01-01T00:00:00Z"));
  const auto last = schedule(R"({"every":"month","day":"last","at":"12:00","zone":"UTC"})");
  EXPECT_EQ(last.next_after(at("2028-02-01T00:00:00Z")), at("2028-02-29T12:00:00Z"));
  EXPECT_EQ(last.last_until(at("2027-03-01T00:00:00Z")), at("2027-02-28T12:00:00Z"));
}

TEST(ReportSchedule, AnHourThatIsSkippedIsItsEndAndOneThatComesTwiceTheFirst) {
  const auto daily = schedule(R"({"every":"day","at":"02:30","zone":"Europe/Berlin"})");
  EXPECT_EQ(daily.next_after(at("2026-03-28T12:00:00Z")), at("2026-03-29T01:00:00Z"));
  EXPECT_EQ(daily.next_after(at("2026-03-29T01:00:00Z")), at("2026-03-30T00:30:00Z"));
  EXPECT_EQ(daily.next_after(at("2026-10-24T12:00:00Z")), at("2026-10-25T00:30:00Z"));
  EXPECT_EQ(daily.next_after(at("2026-10-25T00:30:00Z")), at("2026-10-26T01:30:00Z")) << "once that night";
}

TEST(ReportSchedule, WhatIsNoneNamesTheMember) {
  EXPECT_TRUE(refusal(R"({"every":"year","at":"02:00","zone":"UTC"})").starts_with("/every: "));
  EXPECT_TRUE(refusal(R"({"every":"day","at":"24:00","zone":"UTC"})").starts_with("/at: "));
  EXPECT_TRUE(refusal(R"({"every":"day","at":"2am","zone":"UTC"})").starts_with("/at: "));
  EXPECT_TRUE(refusal(R"({"every":"day","at":"02:00","zone":"Mars/Olympus"})").starts_with("/zone: "));
  EXPECT_TRUE(refusal(R"({"every":"day","at":"02:00","zone":"../../etc/passwd"})").starts_with("/zone: "));
  EXPECT_TRUE(refusal(R"({"every":"day","at":"02:00","zone":"UTC","weekday":"mon"})").starts_with("/weekday: "));
  EXPECT_TRUE(refusal(R"({"every":"week","at":"02:00","zone":"UTC"})").starts_with("/weekday: "));
  EXPECT_TRUE(refusal(R"({"every":"month","day":29,"at":"02:00","zone":"UTC"})").starts_with("/day: "));
  EXPECT_TRUE(refusal(R"({"every":"month","at":"02:00","zone":"UTC"})").starts_with("/day: "));
}

TEST(ReportSchedule, OfAZoneThatIsGoneTheNameStays) {
  const json::object gone{{"every", "day"}, {"at", "02:00"}, {"zone", "Mars/Olympus"}};
  const auto stored = ReportSchedule::parse_stored(gone).value();
  EXPECT_EQ(stored.to_json(), gone);
  EXPECT_EQ(stored.next_after(at("2026-11-27T00:00:00Z")), at("2026-11-27T02:00:00Z"));
}

ReportSchedule arbitrary_schedule() {
  json::object object{{"zone", *rc::gen::element<std::string>("UTC", "Asia/Tokyo", "Europe/Berlin", "America/New_York",
                                                              "Australia/Lord_Howe", "Asia/Kathmandu")}};
  const auto minutes = *rc::gen::inRange(0, 24 * 60);
  const auto two = [](int number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  object["at"] = two(minutes / 60) + ":" + two(minutes % 60);
  const auto every = *rc::gen::element<std::string>("day", "week", "month");
  object["every"] = every;
  if (every == "week")
    object["weekday"] = *rc::gen::element<std::string>("mon", "tue", "wed", "thu", "fri", "sat", "sun");
  if (every == "month") object["day"] = *rc::gen::inRange(1, 29);
  return ReportSchedule::parse(object).value();
}

Timestamp arbitrary_time() {
  return at("2020-01-01T00:00:00Z") + std::chrono::seconds(*rc::gen::inRange(0, 20 * 366 * 86'400));
}

RC_GTEST_PROP(ReportScheduleProperty, NextAndLastEncloseATimeAndNothingLiesBetween, ()) {
  const ReportSchedule made = arbitrary_schedule();
  const Timestamp time = arbitrary_time();
  const Timestamp next = made.next_after(time);
  const Timestamp last = made.last_until(time);
  RC_ASSERT(last <= time);
  RC_ASSERT(time < next);
  RC_ASSERT(made.next_after(last) == next);
  RC_ASSERT(made.last_until(next) == next);
  RC_ASSERT(next - last <= std::chrono::days{32});
}

RC_GTEST_PROP(ReportScheduleProperty, WhatIsWrittenIsReadBack, ()) {
  const ReportSchedule made = arbitrary_schedule();
  const Timestamp time = arbitrary_time();
  const auto again = ReportSchedule::parse(made.to_json()).value();
  RC_ASSERT(again.to_json() == made.to_json());
  RC_ASSERT(again.next_after(time) == made.next_after(time));
}

ReportPeriod period(std::string_view range, std::string_view occurrence, std::string_view zone) {
  return ReportRange::parse(range).value().period(at(occurrence), TimeZone::load(zone).value());
}

TEST(ReportRange, DaysWeeksAndMonthsAreThoseOfThePlace) {
  EXPECT_EQ(period("previous-day", "2026-11-27T21:30:00Z", "Asia/Tokyo"),
            (ReportPeriod{at("2026-11-26T15:00:00Z"), at("2026-11-27T15:00:00Z")}));
  EXPECT_EQ(period("previous-week", "2026-11-28T08:00:00Z", "UTC"),
            (ReportPeriod{at("2026-11-16T00:00:00Z"), at("2026-11-23T00:00:00Z")}));
  EXPECT_EQ(period("previous-month", "2026-01-31T08:00:00Z", "UTC"),
            (ReportPeriod{at("2025-12-01T00:00:00Z"), at("2026-01-01T00:00:00Z")}));
  EXPECT_EQ(period("7d", "2026-11-28T08:00:00Z", "Asia/Tokyo"),
            (ReportPeriod{at("2026-11-21T08:00:00Z"), at("2026-11-28T08:00:00Z")}));
}

TEST(ReportRange, ADayOnWhichClocksAreMovedHasOtherHours) {
  const auto shorter = period("previous-day", "2026-03-30T04:00:00Z", "Europe/Berlin");
  EXPECT_EQ(shorter.to - shorter.from, std::chrono::hours(23));
  const auto longer = period("previous-day", "2026-10-26T04:00:00Z", "Europe/Berlin");
  EXPECT_EQ(longer.to - longer.from, std::chrono::hours(25));
}

TEST(ReportRange, WhatIsNoneIsRefused) {
  for (const std::string_view text : {"", "previous-year", "0d", "367d", "7", "-1d", "yesterday"})
    EXPECT_EQ(ReportRange::parse(text).error().code, ErrorCode::Invalid) << text;
  EXPECT_TRUE(ReportRange::parse("366d"));
}

}  // namespace
}  // namespace warder::manager
