// The policy section "log_inspection".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/fields.h"

namespace warder::loginspection {

struct Policy {
  bool enabled = true;
  std::int64_t store_level = 3;
  std::int64_t forward_level = 7;
  std::int64_t max_line_bytes = 64 << 10;

  static std::span<const warder::Field<Policy>> fields() noexcept;
};

}  // namespace warder::loginspection
