// How often somebody may try to log in: a token bucket for each peer and each name, kept in bounded memory.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/address.h"
#include "base/result.h"
#include "host/clock.h"

namespace warder::manager {

struct LoginLimits {
  double burst = 10;
  double per_minute = 10;
  std::size_t max_buckets = 20'000;
};

/// Thread-safe.
class LoginLimiter {
 public:
  LoginLimiter(const host::Clock& clock, LoginLimits limits) : clock_(clock), limits_(limits) {}
  /// TooMany when either bucket is empty.
  Result<void> take(const IpAddress& peer, std::string_view username);

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Bucket {
    double tokens = 0;
    Time filled;
  };
  bool take_from(const std::string& key, Time now);
  void forget_full(Time now);

  const host::Clock& clock_;
  LoginLimits limits_;
  std::mutex mutex_;  // guards buckets_
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace warder::manager
