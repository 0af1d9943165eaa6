// A rate limit: so many a second, with so many saved up.
#pragma once

#include <algorithm>
#include <chrono>

namespace warder::manager {

/// Single-threaded.
class TokenBucket {
 public:
  using Time = std::chrono::steady_clock::time_point;

  TokenBucket(double per_second, double burst, Time now) noexcept
      : per_second_(per_second), burst_(burst), tokens_(burst), last_(now) {}

  /// Takes `count` if there are as many; else takes nothing. A count above the burst goes through when the bucket is
  /// full, and leaves a debt.
  bool take(double count, Time now) noexcept {
    refill(now);
    if (tokens_ < std::min(count, burst_)) return false;
    tokens_ -= count;
    return true;
  }
  [[nodiscard]] bool has(double count, Time now) const noexcept { return left(now) >= count; }
  /// What is left, after what has come in since.
  [[nodiscard]] double left(Time now) const noexcept {
    const std::chrono::duration<double> passed = now - last_;
    return std::min(burst_, tokens_ + per_second_ * std::max(0.0, passed.count()));
  }
  [[nodiscard]] bool is_full(Time now) const noexcept { return left(now) >= burst_; }
  /// How long until there are `count`.
  [[nodiscard]] std::chrono::duration<double> wait_for(double count, Time now) const noexcept {
    return std::chrono::duration<double>(std::max(0.0, (count - left(now)) / per_second_));
  }

 private:
  void refill(Time now) noexcept {
    if (now <= last_) return;
    tokens_ = std::min(burst_, tokens_ + per_second_ * std::chrono::duration<double>(now - last_).count());
    last_ = now;
  }

  double per_second_;
  double burst_;
  double tokens_;
  Time last_;
};

}  // namespace warder::manager
