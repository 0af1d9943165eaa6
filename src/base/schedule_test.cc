#include "base/schedule.h"

#include <gtest/gtest.h>

namespace warder {
namespace {

Timestamp at(const std::string& text) {
  return parse_rfc3339(text).value();
}
std::string next(const std::vector<std::string>& lines, const std::string& time) {
  const auto found = Schedule::parse(lines).value().next_after(at(time));
  return found ? to_rfc3339(*found).substr(0, 16) : "never";
}

TEST(Schedule, FindsTheNextPoint) {
  // 2026-11-26 is a Thursday.
  EXPECT_EQ(next({"03:00"}, "2026-11-26T02:59:59Z"), "2026-11-26T03:00");
  EXPECT_EQ(next({"03:00"}, "2026-11-26T03:00:00Z"), "2026-11-27T03:00");
  EXPECT_EQ(next({"sat,sun 02:30"}, "2026-11-26T12:00:00Z"), "2026-11-28T02:30");
  EXPECT_EQ(next({"thu 02:30"}, "2026-11-26T12:00:00Z"), "2026-12-03T02:30");
  EXPECT_EQ(next({"sat 02:30", "fri 23:00"}, "2026-11-26T12:00:00Z"), "2026-11-27T23:00");
  EXPECT_EQ(next({"wed 24:00"}, "2026-11-25T23:59:00Z"), "2026-11-26T00:00");
  EXPECT_EQ(next({"wed 24:00"}, "2026-11-26T00:00:00Z"), "2026-12-03T00:00");
  EXPECT_EQ(next({}, "2026-11-26T12:00:00Z"), "never");
}

TEST(Schedule, SaysWhatIsWrongAndWhere) {
  const auto error = [](const std::vector<std::string>& lines) { return Schedule::parse(lines).error().message; };
  EXPECT_EQ(error({"03:00", "som 03:00"}), "1: som: not a day like sun");
  EXPECT_EQ(error({"3:00"}), "0: 3:00: not an hour like 02:30");
  EXPECT_EQ(error({"sat"}), "0: sat: not an hour like 02:30");
  EXPECT_EQ(error({""}), "0: : not an hour like 02:30");
  EXPECT_EQ(error({"24:01"}), "0: 24:01: not an hour like 02:30");
}

}  // namespace
}  // namespace warder
