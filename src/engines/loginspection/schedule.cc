#include "engines/loginspection/schedule.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "base/text.h"

namespace warder::loginspection {

namespace {

constexpr std::array<std::string_view, 7> kDays = {"sunday",   "monday", "tuesday", "wednesday",
                                                   "thursday", "friday", "saturday"};

/// "8:30 am" as minutes of the day.
Result<int> parse_minute(std::string_view text) {
  std::string lower = to_lower_ascii(trim(text));
  std::string_view rest = lower;
  const bool is_pm = rest.ends_with("pm");
  const bool is_am = rest.ends_with("am");
  if (is_pm || is_am) rest = trim(rest.substr(0, rest.size() - 2));
  const std::size_t colon = rest.find(':');
  const auto hour = parse_integer<int>(rest.substr(0, colon));
  const auto minute = colon == std::string_view::npos ? std::optional(0) : parse_integer<int>(rest.substr(colon + 1));
  const int last_hour = is_pm || is_am ? 12 : 24;
  if (!hour || !minute || *hour < 0 || *hour > last_hour || *minute < 0 || *minute > 59) {
    return fail(ErrorCode::Invalid, fmt::format("'{}' is no time of day", text));
  }
  int hours = *hour;
  if (is_pm && hours < 12) hours += 12;
  if (is_am && hours == 12) hours = 0;
  return (hours * 60 + *minute) % (24 * 60);
}

}  // namespace

bool DayTime::contains(int minute_of_day) const noexcept {
  const bool is_inside = from_minute <= to_minute ? from_minute <= minute_of_day && minute_of_day <= to_minute
                                                  : minute_of_day >= from_minute || minute_of_day <= to_minute;
  return is_inside != is_outside;
}

Result<DayTime> parse_day_time(std::string_view text) {
  DayTime made;
  text = trim(text);
  made.is_outside = text.starts_with('!');
  if (made.is_outside) text.remove_prefix(1);
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) {
    return fail(ErrorCode::Invalid, fmt::format("'{}' is not two times with a '-' between them", text));
  }
  made.from_minute = WD_TRY(parse_minute(text.substr(0, dash)));
  made.to_minute = WD_TRY(parse_minute(text.substr(dash + 1)));
  return made;
}

Result<std::uint8_t> parse_week_days(std::string_view text) {
  text = trim(text);
  const bool is_negated = text.starts_with('!');
  if (is_negated) text.remove_prefix(1);
  std::string lower = to_lower_ascii(text);
  for (char& c : lower) c = c == ' ' ? ',' : c;
  unsigned days = 0;
  for (const std::string_view word : split(lower, ',')) {
    if (word.empty()) continue;
    unsigned of_word = word == "weekdays" ? 0b0111110U : word == "weekends" ? 0b1000001U : 0U;
    for (std::size_t i = 0; of_word == 0 && i < kDays.size(); ++i) {
      if (kDays[i] == word || (word.size() == 3 && kDays[i].starts_with(word))) of_word = 1U << i;
    }
    if (of_word == 0) return fail(ErrorCode::Invalid, fmt::format("'{}' is no day of the week", word));
    days |= of_word;
  }
  if (days == 0) return fail(ErrorCode::Invalid, "no day of the week");
  return static_cast<std::uint8_t>(is_negated ? ~days & 0x7fU : days);
}

}  // namespace warder::loginspection
