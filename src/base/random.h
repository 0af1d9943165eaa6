// Unpredictable bytes from the kernel (getrandom(2)); for keys, tokens and identifiers.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace warder {

/// Fills `out`. Ends the process if the kernel cannot, which it always can after early boot. Thread-safe.
void fill_random(std::span<std::uint8_t> out);
Bytes random_bytes(std::size_t count);

}  // namespace warder
