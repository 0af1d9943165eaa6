// Points in time and their text. Nothing here reads a clock: that is the Clock port of host/.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace warder {

/// Microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

inline std::int64_t to_micros(Timestamp time) noexcept {
  return time.time_since_epoch().count();
}
inline Timestamp from_micros(std::int64_t micros) noexcept {
  return Timestamp{std::chrono::microseconds{micros}};
}

/// RFC 3339 in UTC with six fraction digits: "2026-11-22T23:25:15.000000Z".
std::string to_rfc3339(Timestamp time);
/// Any RFC 3339 date-time, offset and 0–9 fraction digits included; further digits are cut. Years 1970–9999.
Result<Timestamp> parse_rfc3339(std::string_view text);

/// "90s", "15m", "24h", "7d": a whole number and one unit.
Result<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace warder
