// How often the API may be asked: token buckets for each key or session, each tenant and the whole node.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "host/clock.h"
#include "manager/net/http.h"
#include "manager/net/token_bucket.h"

namespace warder::manager {

struct Principal;

/// Requests a minute; as many may come at once. 0: no limit. A stream counts as the one request that opens it.
struct RateLimits {
  std::int64_t per_key = 0;  // an API key or a session
  std::int64_t per_tenant = 0;
  std::int64_t per_node = 0;
};

/// How a request stands to the limits that it met.
struct RateUse {
  bool is_allowed = true;
  std::string limit;               // "key", "tenant", "node": the one that is nearest to its end; empty: there is none
  std::int64_t quota = 0;          // of it
  std::int64_t left = 0;           // requests at once
  std::int64_t retry_after_s = 0;  // until there is one more; 0 when allowed
  std::int64_t full_after_s = 0;   // until all is there again

  /// RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers), and Retry-After for what is refused.
  void add_to(Headers& headers) const;
};

/// Thread-safe. Keeps a bounded number of buckets: those that are full are forgotten first.
class RateLimiter {
 public:
  RateLimiter(RateLimits limits, const host::Clock& clock, std::size_t max_buckets = 100'000);

  /// Before anybody knows who asks.
  RateUse take_node();
  /// Takes from both buckets or from none.
  RateUse take(const Principal& principal);

 private:
  using Time = TokenBucket::Time;
  TokenBucket& bucket(const std::string& name, std::int64_t quota, Time now);
  void forget_full(Time now);

  const RateLimits limits_;
  const host::Clock& clock_;
  const std::size_t max_buckets_;
  std::mutex mutex_;  // guards buckets_
  std::unordered_map<std::string, TokenBucket> buckets_;
};

}  // namespace warder::manager
