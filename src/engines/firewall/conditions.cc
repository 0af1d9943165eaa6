// Schedules and contexts.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "engines/firewall/compile.h"

namespace warder::firewall {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kDayMinutes = 24 * 60;

struct Window {
  std::uint8_t days = 0;  // bit 0: Sunday, as std::chrono::weekday::c_encoding()
  int begin = 0;          // minutes of the day
  int end = 0;            // may be before `begin`: then on the next day
};

std::optional<unsigned> parse_day(std::string_view text) {
  constexpr std::string_view kDays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  for (unsigned i = 0; i < 7; ++i)
    if (kDays[i] == text) return i;
  return std::nullopt;
}

std::optional<std::uint8_t> parse_days(std::string_view text) {
  if (text == "daily") return std::uint8_t{0x7f};
  unsigned bits = 0;
  for (const std::string_view part : split(text, ',')) {
    const auto dash = part.find('-');
    const auto first = parse_day(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_day(part.substr(dash + 1));
    if (!first || !last) return std::nullopt;
    for (unsigned day = *first;; day = (day + 1) % 7) {
      bits |= 1U << day;
      if (day == *last) break;
    }
  }
  return static_cast<std::uint8_t>(bits);
}

std::optional<int> parse_minute(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hour = parse_integer<unsigned>(text.substr(0, 2));
  const auto minute = parse_integer<unsigned>(text.substr(3));
  if (!hour || !minute || *minute > 59 || *hour > 24 || (*hour == 24 && *minute != 0)) return std::nullopt;
  return static_cast<int>(*hour * 60 + *minute);
}

Result<Window> parse_window(std::string_view text) {
  const auto space = text.find(' ');
  const auto dash = text.rfind('-');
  if (space != std::string_view::npos && dash != std::string_view::npos && dash > space) {
    const auto on = parse_days(text.substr(0, space));
    const auto begin = parse_minute(text.substr(space + 1, dash - space - 1));
    const auto end = parse_minute(text.substr(dash + 1));
    if (on && begin && end && *begin != *end && *begin != kDayMinutes) return Window{*on, *begin, *end};
  }
  return fail(ErrorCode::Invalid,
              fmt::format("\"{}\" is not like \"mon-fri 08:00-18:00\" or \"daily 22:00-02:00\"", text.substr(0, 60)));
}

bool contains(const Window& window, unsigned day, int minute) {
  const auto on = [&](unsigned d) { return (window.days >> d & 1U) != 0; };
  if (window.begin < window.end) return on(day) && minute >= window.begin && minute < window.end;
  return (on(day) && minute >= window.begin) || (on((day + 6) % 7) && minute < window.end);
}

Result<std::vector<Window>> parse_windows(const Schedule& schedule) {
  std::vector<Window> windows;
  for (std::size_t i = 0; i < schedule.windows.size(); ++i)
    windows.push_back(WD_TRY(parse_window(schedule.windows[i]).in(fmt::format("/windows/{}", i))));
  return windows;
}

bool is_within(const std::vector<Window>& windows, Timestamp local) {
  const auto day = std::chrono::floor<days>(local);
  const auto minute = static_cast<int>(std::chrono::floor<minutes>(local - day).count());
  const unsigned weekday = std::chrono::weekday{day}.c_encoding();
  return std::any_of(windows.begin(), windows.end(), [&](const Window& w) { return contains(w, weekday, minute); });
}

}  // namespace

Result<bool> is_active(const Schedule& schedule, Timestamp now, seconds utc_offset) {
  const auto windows = WD_TRY(parse_windows(schedule));
  return is_within(windows, schedule.time == "utc" ? now : now + utc_offset);
}

bool is_active(const Context& context, const Conditions& conditions) {
  if (context.manager == "reachable" && !conditions.is_manager_reachable) return false;
  if (context.manager == "unreachable" && conditions.is_manager_reachable) return false;
  const auto any_up = [&](auto holds) {
    return std::any_of(conditions.interfaces.begin(), conditions.interfaces.end(),
                       [&](const Interface& interface) { return interface.is_up && holds(interface); });
  };
  if (!context.interfaces.empty() && !any_up([&](const Interface& interface) {
        return std::any_of(context.interfaces.begin(), context.interfaces.end(),
                           [&](const std::string& p) { return matches_interface(p, interface.name); });
      }))
    return false;
  if (context.local_addresses.empty()) return true;
  std::vector<AddressRange> ranges;
  for (const std::string& text : context.local_addresses)
    if (const auto range = parse_address_range(text)) ranges.push_back(*range);
  return any_up([&](const Interface& interface) {
    return std::any_of(interface.addresses.begin(), interface.addresses.end(), [&](const IpAddress& address) {
      return std::any_of(ranges.begin(), ranges.end(), [&](const AddressRange& r) { return r.contains(address); });
    });
  });
}

std::optional<Timestamp> next_change(const Policy& policy, Timestamp now, seconds utc_offset) {
  std::optional<Timestamp> earliest;
  for (const Schedule& schedule : policy.schedules) {
    const auto windows = parse_windows(schedule);
    if (!windows) continue;
    const seconds offset = schedule.time == "utc" ? seconds{0} : utc_offset;
    const Timestamp local = now + offset;
    const bool is_now = is_within(*windows, local);
    // Edges lie on whole minutes and every pattern repeats each week.
    Timestamp at = std::chrono::floor<minutes>(local);
    for (int i = 0; i < 7 * kDayMinutes; ++i) {
      at += minutes{1};
      if (is_within(*windows, at) == is_now) continue;
      if (!earliest || at - offset < *earliest) earliest = at - offset;
      break;
    }
  }
  return earliest;
}

}  // namespace warder::firewall
