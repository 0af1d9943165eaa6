#include "base/schedule.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace warder {

using std::chrono::days;
using std::chrono::minutes;

Result<minutes> parse_hour(std::string_view text) {
  const auto number = [](std::string_view digits) -> std::optional<int> {
    int value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
  };
  const auto hour = number(text.substr(0, 2));
  const auto minute = text.size() == 5 && text[2] == ':' ? number(text.substr(3)) : std::nullopt;
  if (!hour || !minute || *hour > 24 || *minute > 59 || minutes(*hour * 60 + *minute) > days(1))
    return fail(ErrorCode::Invalid, std::string(text) + ": not an hour like 02:30");
  return minutes(*hour * 60 + *minute);
}

Result<unsigned> parse_days(std::string_view text) {
  constexpr std::array<std::string_view, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  unsigned bits = 0;
  for (const std::string_view day : split(text, ',')) {
    const auto at = std::find(kDays.begin(), kDays.end(), day);
    if (at == kDays.end()) return fail(ErrorCode::Invalid, std::string(day) + ": not a day like sun");
    bits |= 1U << static_cast<unsigned>(at - kDays.begin());
  }
  return bits;
}

Result<Schedule> Schedule::parse(std::span<const std::string> lines) {
  Schedule schedule;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = trim(lines[i]);
    const std::size_t space = line.find(' ');
    Point point{kEveryDay, {}};
    if (space != std::string_view::npos) point.days = WD_TRY(parse_days(line.substr(0, space)).in(std::to_string(i)));
    point.hour =
        WD_TRY(parse_hour(trim(line.substr(space == std::string_view::npos ? 0 : space))).in(std::to_string(i)));
    schedule.points_.push_back(point);
  }
  return schedule;
}

std::optional<Timestamp> Schedule::next_after(Timestamp time) const {
  std::optional<Timestamp> next;
  const auto today = std::chrono::floor<days>(time);
  for (const Point& point : points_) {
    // From the day before, whose 24:00 is today's beginning, to the same day of the next week.
    for (auto day = today - days(1); day <= today + days(7); day += days(1)) {
      if ((point.days >> std::chrono::weekday(day).c_encoding() & 1U) == 0) continue;
      const Timestamp at = day + point.hour;
      if (at <= time) continue;
      if (!next || at < *next) next = at;
      break;
    }
  }
  return next;
}

}  // namespace warder
