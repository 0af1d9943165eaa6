#include "manager/gateway/reports.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "base/text.h"
#include "manager/net/token_bucket.h"

namespace warder::manager {
namespace {

TEST(CleanText, KeepsTextAndDropsTheRest) {
  const std::pair<std::string, std::string> cases[] = {
      {"web-1", "web-1"},
      {"a\nb\x7f\x01", "ab"},
      {"日本", "日本"},
      {std::string{"a\0b", 3}, "ab"},
      {"ok\xff", "ok"},
      {"a\xff\xff\xff\xff"
       "b",
       "ab"},
  };
  for (const auto& [text, wanted] : cases) EXPECT_EQ(clean_text(text, 100), wanted);
  EXPECT_EQ(clean_text("日本", 4), "日") << "not half a character";
  EXPECT_EQ(clean_text(std::string(1000, 'x'), 10).size(), 10U);
}

TEST(CleanText, IsAlwaysUtf8WithinTheLimit) {
  std::uint32_t state = 1;
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (int j = 0; j < 20; ++j) text += static_cast<char>((state = state * 1'664'525 + 1'013'904'223) >> 24);
    const std::string cleaned = clean_text(text, 15);
    EXPECT_TRUE(is_utf8(cleaned));
    EXPECT_LE(cleaned.size(), 15U);
  }
}

TEST(ReadHeartbeat, SurvivesEveryClockAndCount) {
  const Timestamp now = from_micros(1'800'000'000'000'000);
  for (const std::int64_t time : {INT64_MIN, std::int64_t{0}, to_micros(now), INT64_MAX}) {
    protocol::Heartbeat heartbeat;
    heartbeat.set_agent_time_us(time);
    heartbeat.set_spool_events(UINT64_MAX);
    for (int i = 0; i < 1000; ++i) {
      protocol::ModuleState& module = *heartbeat.add_modules();
      module.set_module("m" + std::to_string(i));
      module.set_state("excellent");
      (*module.mutable_counters())["c"] = UINT64_MAX;
    }
    const AgentHeartbeat report = read_heartbeat(heartbeat, now);
    EXPECT_EQ(report.clock_offset_ms == 0, time == to_micros(now));
    EXPECT_GT(report.spool_events, 0);
    EXPECT_LE(report.modules.size(), 32U);
    EXPECT_EQ(report.modules.at(0).state, "unknown");
    EXPECT_GT(report.modules.at(0).counters.at("c"), 0);
  }
}

TEST(SpoolName, DiffersByEpochAndByMachine) {
  const std::string a(16, 'a');
  const std::string b(16, 'b');
  EXPECT_EQ(spool_name(a, "m").size(), 16U);
  EXPECT_EQ(spool_name(a, "m"), spool_name(a, "m"));
  EXPECT_NE(spool_name(a, "m"), spool_name(b, "m"));
  EXPECT_NE(spool_name(a, "m"), spool_name(a, "n"));
}

TEST(TokenBucket, GivesBurstThenRate) {
  TokenBucket::Time now{};
  TokenBucket bucket{10, 5, now};
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(bucket.take(1, now));
  EXPECT_FALSE(bucket.take(1, now));
  now += std::chrono::milliseconds{100};
  EXPECT_TRUE(bucket.take(1, now));
  EXPECT_FALSE(bucket.take(1, now));
  now += std::chrono::hours{1};
  EXPECT_TRUE(bucket.has(5, now));
  EXPECT_FALSE(bucket.has(6, now));
  EXPECT_TRUE(bucket.take(50, now)) << "more than the burst goes through once, on credit";
  now += std::chrono::seconds{4};
  EXPECT_FALSE(bucket.take(1, now));
  now += std::chrono::seconds{1};
  EXPECT_TRUE(bucket.take(1, now));
}

}  // namespace
}  // namespace warder::manager
