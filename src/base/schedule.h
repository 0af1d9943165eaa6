// Points of the week at which something is done, and the hours and days that people write for them. All in UTC.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace warder {

/// "02:30", up to "24:00".
Result<std::chrono::minutes> parse_hour(std::string_view text);
/// "sat,sun" → bits, Sunday first.
Result<unsigned> parse_days(std::string_view text);
inline constexpr unsigned kEveryDay = 0x7f;

/// Immutable.
class Schedule {
 public:
  /// Each line is "HH:MM" or "DAYS HH:MM": "03:00", "sat,sun 02:30". Invalid names the line: "1: not a day like sun".
  static Result<Schedule> parse(std::span<const std::string> lines);
  /// The first point after that time; nullopt: there are none.
  [[nodiscard]] std::optional<Timestamp> next_after(Timestamp time) const;

 private:
  struct Point {
    unsigned days;
    std::chrono::minutes hour;
  };
  std::vector<Point> points_;
};

}  // namespace warder
