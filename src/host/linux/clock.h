// The clock of this machine.
#pragma once

#include "host/clock.h"

namespace warder::host {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override;
  [[nodiscard]] std::chrono::steady_clock::time_point steady_now() const override;
};

}  // namespace warder::host
