#include "agent/backoff.h"

#include <array>
#include <bit>

#include "base/random.h"

namespace warder::agent {

Dice system_dice() {
  return [](std::uint64_t bound) {
    std::array<std::uint8_t, sizeof(std::uint64_t)> bytes{};
    fill_random(bytes);
    // The bias of a remainder is below 2⁻³² for the bounds used here (milliseconds).
    return bound == 0 ? 0 : std::bit_cast<std::uint64_t>(bytes) % bound;
  };
}

}  // namespace warder::agent
