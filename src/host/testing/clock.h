// A clock that moves only when a test moves it.
#pragma once

#include <mutex>

#include "host/clock.h"

namespace warder::testing {

/// Starts at 2026-01-01T00:00:00Z. Thread-safe.
class ManualClock final : public host::Clock {
 public:
  ManualClock();
  explicit ManualClock(Timestamp start);

  [[nodiscard]] Timestamp now() const override;
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() const override;

  /// Time passes, on both clocks.
  void advance(std::chrono::microseconds duration);
  /// The wall clock is set, as an administrator or NTP does; the steady one does not notice.
  void step_to(Timestamp now);

 private:
  mutable std::mutex mutex_;  // guards both
  Timestamp now_;
  std::chrono::steady_clock::time_point steady_now_;
};

}  // namespace warder::testing
