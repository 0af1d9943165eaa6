#include "host/testing/clock.h"

namespace warder::testing {

ManualClock::ManualClock() : ManualClock(from_micros(1'767'225'600'000'000)) {}  // 2026-01-01T00:00:00Z

// The steady clock starts away from zero, as a running machine's does.
ManualClock::ManualClock(Timestamp start) : now_(start), steady_now_(std::chrono::hours{1}) {}

Timestamp ManualClock::now() const {
  const std::scoped_lock lock(mutex_);
  return now_;
}

std::chrono::steady_clock::time_point ManualClock::steady_now() const {
  const std::scoped_lock lock(mutex_);
  return steady_now_;
}

void ManualClock::advance(std::chrono::microseconds duration) {
  const std::scoped_lock lock(mutex_);
  now_ += duration;
  steady_now_ += duration;
}

void ManualClock::step_to(Timestamp now) {
  const std::scoped_lock lock(mutex_);
  now_ = now;
}

}  // namespace warder::testing
