// Calendar days of a place: where each begins, and which one it is there.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/time_zone.h"

namespace warder::manager {

/// A day of a calendar on the wall, wherever that wall is.
using Day = std::chrono::local_days;

std::string to_text(Day day);  // "2026-11-27"
/// "2026-11-27", years 1970–9999.
Result<Day> parse_day(std::string_view text);

class Calendar {
 public:
  /// "Europe/Berlin", "UTC". Invalid for what the host does not know.
  static Result<Calendar> of(std::string_view zone);

  [[nodiscard]] const std::string& zone() const noexcept { return name_; }
  /// The day that it is there.
  [[nodiscard]] Day day_of(Timestamp time) const;
  /// The first moment of the day: not always midnight, and a day has 23 to 25 hours where clocks are moved. Of a day
  /// that a place left out, that of the next one.
  [[nodiscard]] Timestamp start_of(Day day) const;

 private:
  Calendar(std::string name, TimeZone zone) : name_(std::move(name)), zone_(std::move(zone)) {}
  std::string name_;
  TimeZone zone_;
};

}  // namespace warder::manager
