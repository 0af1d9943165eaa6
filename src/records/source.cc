#include "records/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace warder::records {
namespace {

constexpr std::string_view kConversions = "YymdeHjb%";
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 5> kCompressed{".gz", ".xz", ".bz2", ".zst", ".zip"};

Result<MultiLine> parse_multi_line(std::string_view text) {
  MultiLine how;
  if (text == "indent") {
    how.by_indent = true;
    return how;
  }
  if (text.size() > 2 && text.starts_with('/') && text.ends_with('/')) {
    how.start = text.substr(1, text.size() - 2);
    return how;
  }
  const auto lines = parse_integer<std::size_t>(text);
  if (lines && *lines >= 1 && *lines <= 1000) {
    how.lines = *lines;
    return how;
  }
  return fail(ErrorCode::Invalid, "multi-line: give 1..1000 lines, indent or /PATTERN/: multi-line:3");
}

std::string convert(char conversion, const std::chrono::year_month_day& day, std::chrono::sys_days date, int hour) {
  const int year = static_cast<int>(day.year());
  const unsigned month = static_cast<unsigned>(day.month());
  switch (conversion) {
    case 'Y':
      return fmt::format("{:04}", year);
    case 'y':
      return fmt::format("{:02}", year % 100);
    case 'm':
      return fmt::format("{:02}", month);
    case 'd':
      return fmt::format("{:02}", static_cast<unsigned>(day.day()));
    case 'e':
      return fmt::format("{:2}", static_cast<unsigned>(day.day()));
    case 'H':
      return fmt::format("{:02}", hour);
    case 'j':
      return fmt::format("{:03}", (date - std::chrono::sys_days(day.year() / 1 / 1)).count() + 1);
    case 'b':
      return std::string(kMonths[month - 1]);
    default:
      return std::string(1, conversion);
  }
}

}  // namespace

Result<FileSource> parse_file_source(std::string_view text) {
  const std::string_view trimmed = trim(text);
  // A pattern may hold spaces, so the path is what follows the last " /".
  const std::size_t at = trimmed.rfind(" /");
  if (at == std::string_view::npos || at == 0)
    return fail(ErrorCode::Invalid, "give FORMAT and an absolute path: \"syslog /var/log/auth.log\"");
  FileSource source;
  source.text = trimmed;
  source.path = trimmed.substr(at + 1);
  const std::string_view format = trim(trimmed.substr(0, at));
  const std::size_t colon = format.find(':');
  source.framing.format = WD_TRY(parse_format(format.substr(0, colon)));
  const bool is_multi_line = source.framing.format == Format::MultiLine;
  if (is_multi_line != (colon != std::string_view::npos))
    return fail(ErrorCode::Invalid, is_multi_line
                                        ? "multi-line: say how: multi-line:3, multi-line:indent, multi-line:/PATTERN/"
                                        : "only multi-line takes \":\"");
  if (is_multi_line) source.framing.multi_line = WD_TRY(parse_multi_line(format.substr(colon + 1)));
  for (std::size_t i = 0; i < source.path.size(); ++i) {
    if (source.path[i] != '%') continue;
    ++i;
    if (i >= source.path.size() || kConversions.find(source.path[i]) == std::string_view::npos)
      return fail(ErrorCode::Invalid, source.path + ": after % comes one of Y y m d e H j b %");
  }
  if (source.path.find('\0') != std::string::npos) return fail(ErrorCode::Invalid, "a path has no NUL");
  WD_TRY(make_framing(source.framing));
  return source;
}

bool has_time(std::string_view path) noexcept {
  return path.find('%') != std::string_view::npos;
}

std::string expand_time(std::string_view path, Timestamp time, std::chrono::seconds offset) {
  const auto local = std::chrono::floor<std::chrono::seconds>(time) + offset;
  const auto date = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day day(date);
  const int hour = static_cast<int>(std::chrono::duration_cast<std::chrono::hours>(local - date).count());
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool is_conversion =
        path[i] == '%' && i + 1 < path.size() && kConversions.find(path[i + 1]) != std::string_view::npos;
    if (is_conversion) {
      out += convert(path[++i], day, date, hour);
    } else {
      out.push_back(path[i]);
    }
  }
  return out;
}

bool is_rotated_name(std::string_view live, std::string_view name) noexcept {
  if (!name.starts_with(live)) return false;
  std::string_view rest = name.substr(live.size());
  if (rest.size() < 2 || (rest[0] != '.' && rest[0] != '-' && rest[0] != '_')) return false;
  if (rest.ends_with(".gz")) rest.remove_suffix(3);
  rest.remove_prefix(std::min<std::size_t>(1, rest.size()));
  const auto is_stamp = [](char c) {
    return (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == 'T' || c == ':';
  };
  return !rest.empty() && rest[0] >= '0' && rest[0] <= '9' && std::ranges::all_of(rest, is_stamp);
}

bool is_compressed_name(std::string_view name) noexcept {
  return std::ranges::any_of(kCompressed, [&](std::string_view end) { return name.ends_with(end); });
}

}  // namespace warder::records
