// When a value is an alert: not at every touch of a threshold, but when it has stayed beyond one for a while, until it
// has stayed back behind another for a while.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/time.h"

namespace warder::manager {

struct Hysteresis {
  std::int64_t fire_at = 1;     // at least this is wrong
  std::int64_t resolve_at = 1;  // less than this is right again; at most `fire_at`
  std::chrono::seconds fire_after{0};
  std::chrono::seconds resolve_after{0};
};

struct Condition {
  enum class Phase : std::uint8_t { Quiet, Rising, Firing, Falling };
  Phase phase = Phase::Quiet;
  Timestamp since{};  // of the phase

  [[nodiscard]] bool is_firing() const noexcept { return phase == Phase::Firing || phase == Phase::Falling; }
};

enum class Crossing : std::uint8_t { None, Fires, Resolves };

/// What the value does to the condition. Times of one condition must not go back.
Crossing step(const Hysteresis& hysteresis, Condition& condition, std::int64_t value, Timestamp now);

}  // namespace warder::manager
