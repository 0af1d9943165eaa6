#include "base/time.h"

#include <fmt/format.h>

#include <optional>

#include "base/text.h"

namespace warder {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// The parts of a date-time, taken one after another from the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) noexcept : rest_(text) {}

  /// Exactly `digits` digits, in min..max.
  std::optional<int> number(std::size_t digits, int min, int max) {
    if (rest_.size() < digits) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (!is_digit(rest_[i])) return std::nullopt;
      value = value * 10 + (rest_[i] - '0');
    }
    if (value < min || value > max) return std::nullopt;
    rest_.remove_prefix(digits);
    return value;
  }

  bool one_of(std::string_view characters) {
    if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return false;
    last_ = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }

  /// The digits after the point: 1 to 9 of them, those after the sixth are cut.
  std::optional<microseconds> fraction() {
    std::int64_t micros = 0;
    std::size_t count = 0;
    for (; count < rest_.size() && is_digit(rest_[count]); ++count) {
      if (count < 6) micros = micros * 10 + (rest_[count] - '0');
    }
    if (count == 0 || count > 9) return std::nullopt;
    for (std::size_t i = count; i < 6; ++i) micros *= 10;
    rest_.remove_prefix(count);
    return microseconds{micros};
  }

  [[nodiscard]] char last() const noexcept { return last_; }
  [[nodiscard]] bool is_at_end() const noexcept { return rest_.empty(); }

 private:
  std::string_view rest_;
  char last_ = 0;
};

std::optional<sys_days> scan_date(Scanner& scanner) {
  const auto year = scanner.number(4, 1970, 9999);
  if (!year || !scanner.one_of("-")) return std::nullopt;
  const auto month = scanner.number(2, 1, 12);
  if (!month || !scanner.one_of("-")) return std::nullopt;
  const auto day = scanner.number(2, 1, 31);
  if (!day) return std::nullopt;
  const year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                            std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return sys_days{date};
}

std::optional<microseconds> scan_time(Scanner& scanner) {
  const auto hour = scanner.number(2, 0, 23);
  if (!hour || !scanner.one_of(":")) return std::nullopt;
  const auto minute = scanner.number(2, 0, 59);
  if (!minute || !scanner.one_of(":")) return std::nullopt;
  const auto second = scanner.number(2, 0, 60);  // 60: a leap second, RFC 3339 §5.7; it counts as the next second
  if (!second || (*second == 60 && *minute != 59)) return std::nullopt;
  microseconds time = hours{*hour} + minutes{*minute} + seconds{*second};
  if (scanner.one_of(".")) {
    const auto fraction = scanner.fraction();
    if (!fraction) return std::nullopt;
    time += *fraction;
  }
  return time;
}

std::optional<minutes> scan_offset(Scanner& scanner) {
  if (scanner.one_of("Zz")) return minutes{0};
  if (!scanner.one_of("+-")) return std::nullopt;
  const int sign = scanner.last() == '-' ? -1 : 1;
  const auto hour = scanner.number(2, 0, 23);
  if (!hour || !scanner.one_of(":")) return std::nullopt;
  const auto minute = scanner.number(2, 0, 59);
  if (!minute) return std::nullopt;
  return sign * (minutes{60 * *hour} + minutes{*minute});
}

std::optional<Timestamp> scan(std::string_view text) {
  Scanner scanner{text};
  const auto date = scan_date(scanner);
  if (!date || !scanner.one_of("Tt ")) return std::nullopt;
  const auto time = scan_time(scanner);
  if (!time) return std::nullopt;
  const auto offset = scan_offset(scanner);
  if (!offset || !scanner.is_at_end()) return std::nullopt;
  return Timestamp{*date} + *time - *offset;
}

}  // namespace

std::string to_rfc3339(Timestamp time) {
  const auto day = std::chrono::floor<days>(time);
  const year_month_day date{day};
  const std::int64_t micros = (time - day).count();
  const std::int64_t second = micros / 1'000'000;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), second / 3600,
                     second / 60 % 60, second % 60, micros % 1'000'000);
}

Result<Timestamp> parse_rfc3339(std::string_view text) {
  if (const auto time = scan(text)) return *time;
  return fail(ErrorCode::Invalid, "not an RFC 3339 date-time like 2026-11-22T23:25:15Z");
}

Result<std::chrono::seconds> parse_duration(std::string_view text) {
  constexpr std::string_view kUnits = "smhd";
  constexpr std::int64_t kSeconds[] = {1, 60, 3600, 86400};
  constexpr std::int64_t kMax = 36'500;  // days: a century, so that no unit can overflow
  const std::size_t unit = text.empty() ? std::string_view::npos : kUnits.find(text.back());
  if (unit != std::string_view::npos) {
    const auto count = parse_integer<std::uint32_t>(text.substr(0, text.size() - 1));
    if (count && *count * kSeconds[unit] <= kMax * kSeconds[3]) return seconds{*count * kSeconds[unit]};
  }
  return fail(ErrorCode::Invalid, "not a duration like 90s, 15m, 24h or 7d");
}

}  // namespace warder
