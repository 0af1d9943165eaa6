#include "base/time.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace warder {
namespace {

TEST(Rfc3339, ReadsEveryFormOfOneMoment) {
  const Timestamp moment = from_micros(1'795'303'515'250'000);
  EXPECT_EQ(to_rfc3339(moment), "2026-11-21T23:25:15.250000Z");
  for (const std::string_view text :
       {"2026-11-21T23:25:15.25Z", "2026-11-21t23:25:15.250000z", "2026-11-21 23:25:15.250000999Z",
        "2026-11-22T08:25:15.25+09:00", "2026-11-21T18:55:15.25-04:30"}) {
    SCOPED_TRACE(text);
    const auto parsed = parse_rfc3339(text);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, moment);
  }
}

TEST(Rfc3339, KnowsCalendarAndLeapSecond) {
  EXPECT_EQ(to_micros(parse_rfc3339("1970-01-01T00:00:00Z").value()), 0);
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z").value(), parse_rfc3339("2017-01-01T00:00:00Z").value());
  EXPECT_TRUE(parse_rfc3339("2028-02-29T00:00:00Z"));
  EXPECT_TRUE(parse_rfc3339("9999-12-31T23:59:59.999999999Z"));
}

TEST(Rfc3339, RefusesEverythingElse) {
  for (const std::string_view bad :
       {"", "2026-11-21", "2026-11-21T23:25:15", "2026-11-21T23:25Z", "2026-11-21T24:00:00Z", "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "1969-12-31T23:59:59Z", "2026-11-21T23:25:15.Z",
        "2026-11-21T23:25:15.1234567890Z", "2026-11-21T23:25:15+9:00", "2026-11-21T23:25:15Z ", "2026-11-21T23:25:60Z",
        "-026-11-21T23:25:15Z", "2026-11-21T23:25:15+24:00", "20261121T232515Z"}) {
    SCOPED_TRACE(bad);
    EXPECT_FALSE(parse_rfc3339(bad));
  }
}

RC_GTEST_PROP(Rfc3339, ReadsWhatItWrote, ()) {
  const auto micros = *rc::gen::inRange<std::int64_t>(0, 253'402'300'800'000'000);
  RC_ASSERT(parse_rfc3339(to_rfc3339(from_micros(micros))).value() == from_micros(micros));
}

TEST(Duration, TakesOneNumberAndOneUnit) {
  EXPECT_EQ(parse_duration("90s").value(), std::chrono::seconds{90});
  EXPECT_EQ(parse_duration("15m").value(), std::chrono::minutes{15});
  EXPECT_EQ(parse_duration("24h").value(), std::chrono::hours{24});
  EXPECT_EQ(parse_duration("7d").value(), std::chrono::hours{168});
  for (const std::string_view bad : {"", "s", "7", "7w", "-7d", "1.5h", "7 d", "4294967295d", "7dd"}) {
    SCOPED_TRACE(bad);
    EXPECT_FALSE(parse_duration(bad));
  }
}

}  // namespace
}  // namespace warder
