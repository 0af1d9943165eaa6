// When a rule holds: hours of the day and days of the week.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace warder::loginspection {

/// "6 pm - 8:30 am", "18:00-20:30", with '!' in front for the rest of the day.
struct DayTime {
  int from_minute = 0;
  int to_minute = 0;
  bool is_outside = false;

  [[nodiscard]] bool contains(int minute_of_day) const noexcept;
};
Result<DayTime> parse_day_time(std::string_view text);

/// "monday,tuesday", "weekdays", "weekends", with '!' in front for the other days; bit 0 is Sunday.
Result<std::uint8_t> parse_week_days(std::string_view text);

}  // namespace warder::loginspection
