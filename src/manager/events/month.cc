#include "manager/events/month.h"

#include "base/text.h"

namespace warder::manager {

Month month_of(Timestamp time) noexcept {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(time)};
  return day.year() / day.month();
}

Timestamp start_of(Month month) noexcept {
  return Timestamp{std::chrono::sys_days{month / 1}};
}

std::string to_text(Month month) {
  const auto number = static_cast<unsigned>(month.month());
  return std::to_string(static_cast<int>(month.year())) + (number < 10 ? "-0" : "-") + std::to_string(number);
}

std::optional<Month> parse_month(std::string_view text) noexcept {
  if (text.size() != 7 || text[4] != '-') return std::nullopt;
  const auto year = parse_integer<int>(text.substr(0, 4));
  const auto number = parse_integer<unsigned>(text.substr(5));
  if (!year || !number || *year < 1970 || *number < 1 || *number > 12) return std::nullopt;
  return Month{std::chrono::year{*year}, std::chrono::month{*number}};
}

}  // namespace warder::manager
