// Port: what time it is. Engines get times with their input; agent and manager get this.
#pragma once

#include <chrono>

#include "base/time.h"

namespace warder::host {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall clock; may step. Thread-safe.
  [[nodiscard]] virtual Timestamp now() const = 0;
  /// Never steps and stands still only when the host does; for intervals and deadlines. Thread-safe.
  [[nodiscard]] virtual std::chrono::steady_clock::time_point steady_now() const = 0;
};

}  // namespace warder::host
