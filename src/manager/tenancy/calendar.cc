#include "manager/tenancy/calendar.h"

#include <fmt/format.h>

#include "base/text.h"

namespace warder::manager {

std::string to_text(Day day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{day.time_since_epoch()}};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

Result<Day> parse_day(std::string_view text) {
  constexpr std::size_t kDayBytes = 10;
  const auto time = parse_rfc3339(std::string(cut_utf8(text, kDayBytes)) + "T00:00:00Z");
  if (text.size() != kDayBytes || !time) return fail(ErrorCode::Invalid, "a day is expected, as 2026-11-27");
  return Day{std::chrono::floor<std::chrono::days>(*time).time_since_epoch()};
}

Result<Calendar> Calendar::of(std::string_view zone) {
  if (zone == "UTC") return Calendar("UTC", TimeZone::utc());
  auto loaded = TimeZone::load(zone);
  if (!loaded) return fail(ErrorCode::Invalid, loaded.error().message);
  return Calendar(std::string(zone), std::move(*loaded));
}

Day Calendar::day_of(Timestamp time) const {
  return std::chrono::floor<std::chrono::days>(zone_.to_local(time));
}

Timestamp Calendar::start_of(Day day) const {
  return zone_.to_utc(LocalTime{day});
}

}  // namespace warder::manager
