// The policy section "inventory": what the agent tells the manager about its host, and how often it looks.
#pragma once

#include <cstdint>
#include <span>

#include "base/fields.h"

namespace warder::inventory {

struct Policy {
  bool enabled = true;
  std::int64_t interval_s = 900;
  bool language_packages = true;
  std::int64_t language_interval_s = 86'400;
  bool programs = true;
  bool users = true;

  static std::span<const Field<Policy>> fields() noexcept;
};

}  // namespace warder::inventory
