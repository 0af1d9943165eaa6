#include "manager/api/rate_limiter.h"

#include <gtest/gtest.h>

#include "host/testing/clock.h"
#include "manager/identity/principal.h"

namespace warder::manager {
namespace {

Principal somebody(std::uint8_t session, std::uint8_t tenant = 1) {
  Principal principal;
  principal.session.uuid.bytes[0] = session;
  principal.tenant.uuid.bytes[0] = tenant;
  return principal;
}

TEST(RateLimiter, LimitsEachKeyForItself) {
  warder::testing::ManualClock clock;
  RateLimiter limiter({.per_key = 2}, clock);
  EXPECT_EQ(limiter.take(somebody(1)).left, 1);
  EXPECT_TRUE(limiter.take(somebody(1)).is_allowed);
  const RateUse refused = limiter.take(somebody(1));
  EXPECT_FALSE(refused.is_allowed);
  EXPECT_EQ(refused.retry_after_s, 30);
  EXPECT_TRUE(limiter.take(somebody(2)).is_allowed);
  clock.advance(std::chrono::seconds(30));
  EXPECT_TRUE(limiter.take(somebody(1)).is_allowed);
  EXPECT_FALSE(limiter.take(somebody(1)).is_allowed);
}

TEST(RateLimiter, LimitsATenantAndTheNode) {
  warder::testing::ManualClock clock;
  RateLimiter limiter({.per_key = 10, .per_tenant = 2, .per_node = 1}, clock);
  EXPECT_EQ(limiter.take(somebody(1)).limit, "tenant");
  EXPECT_TRUE(limiter.take(somebody(2)).is_allowed);
  EXPECT_EQ(limiter.take(somebody(3)).limit, "tenant");
  EXPECT_FALSE(limiter.take(somebody(3)).is_allowed);
  EXPECT_TRUE(limiter.take(somebody(4, 2)).is_allowed);
  EXPECT_TRUE(limiter.take_node().is_allowed);
  EXPECT_EQ(limiter.take_node().limit, "node");
}

TEST(RateLimiter, WithoutLimitsSaysNothing) {
  warder::testing::ManualClock clock;
  RateLimiter limiter({}, clock);
  Headers headers;
  limiter.take_node().add_to(headers);
  limiter.take(somebody(1)).add_to(headers);
  EXPECT_TRUE(headers.empty());
}

TEST(RateLimiter, TellsInHeaders) {
  warder::testing::ManualClock clock;
  RateLimiter limiter({.per_key = 60}, clock);
  Headers headers;
  limiter.take(somebody(1)).add_to(headers);
  EXPECT_EQ(headers["ratelimit-policy"], "\"key\";q=60;w=60");
  EXPECT_EQ(headers["ratelimit"], "\"key\";r=59;t=1");
  EXPECT_FALSE(headers.contains("retry-after"));
  for (int i = 0; i < 60; ++i) limiter.take(somebody(1)).add_to(headers);
  EXPECT_EQ(headers["retry-after"], "1");
}

TEST(RateLimiter, KeepsABoundedNumberOfBuckets) {
  warder::testing::ManualClock clock;
  RateLimiter limiter({.per_key = 1}, clock, 4);
  for (std::uint8_t i = 0; i < 2; ++i) EXPECT_TRUE(limiter.take(somebody(i)).is_allowed);
  EXPECT_FALSE(limiter.take(somebody(1)).is_allowed) << "it is still known";
  clock.advance(std::chrono::minutes(1));
  for (std::uint8_t i = 2; i < 100; ++i) EXPECT_TRUE(limiter.take(somebody(i)).is_allowed);
}

}  // namespace
}  // namespace warder::manager
