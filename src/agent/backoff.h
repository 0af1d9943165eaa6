// Pauses between attempts: exponential with full jitter, so that many who failed together do not come back together.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

namespace warder::agent {

/// Gives a number in 0..bound-1.
using Dice = std::function<std::uint64_t(std::uint64_t bound)>;

class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest, Dice dice)
      : first_(first), longest_(longest), dice_(std::move(dice)) {}

  /// Between a tenth and all of first·2ⁿ (at most `longest`), n growing with each call.
  std::chrono::milliseconds next() {
    const auto shift = std::min<unsigned>(failures_++, 20);
    const std::chrono::milliseconds limit = std::min(longest_, first_ * (std::int64_t{1} << shift));
    const std::chrono::milliseconds least = limit / 10;
    const auto spread = static_cast<std::uint64_t>((limit - least).count()) + 1;
    return least + std::chrono::milliseconds{static_cast<std::int64_t>(dice_(spread))};
  }
  void reset() noexcept { failures_ = 0; }
  [[nodiscard]] unsigned failures() const noexcept { return failures_; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds longest_;
  Dice dice_;
  unsigned failures_ = 0;
};

/// The system's random bytes as dice.
Dice system_dice();

}  // namespace warder::agent
