#include "formats/syslog.h"

#include <fmt/format.h>

#include <array>
#include <chrono>

namespace warder::formats {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// RFC 5424 §6.2.1.
int severity_number(Severity severity) {
  switch (severity) {
    case Severity::Critical:
      return 2;
    case Severity::High:
      return 3;
    case Severity::Medium:
      return 4;
    case Severity::Low:
      return 5;
    case Severity::Info:
      return 6;
  }
  return 6;
}

std::string printable(std::string_view text, std::size_t max) {
  std::string out;
  for (const char c : text.substr(0, max)) out += c > ' ' && c < 0x7f ? c : '_';
  return out.empty() ? "-" : out;
}

std::string old_time(Timestamp time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format("{} {:2} {:02}:{:02}:{:02}", kMonths[static_cast<unsigned>(date.month()) - 1],
                     static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

}  // namespace

std::string syslog_message(const SyslogHead& head, std::string_view payload) {
  const int priority = head.facility * 8 + severity_number(head.severity);
  if (head.form == SyslogForm::Rfc3164)
    return fmt::format("<{}>{} {} {}: {}", priority, old_time(head.time), printable(head.host, 255),
                       printable(head.program, 32), payload);
  return fmt::format("<{}>1 {} {} {} - {} - {}", priority, to_rfc3339(head.time), printable(head.host, 255),
                     printable(head.program, 48), printable(head.kind, 32), payload);
}

std::string frame(Framing framing, std::string_view message) {
  switch (framing) {
    case Framing::Counted:
      return fmt::format("{} {}", message.size(), message);
    case Framing::LineFeed: {
      std::string line(message);
      for (char& c : line) c = c == '\n' ? ' ' : c;
      return line + '\n';
    }
    case Framing::None:
      break;
  }
  return std::string(message);
}

std::string_view name(SyslogForm form) noexcept {
  return form == SyslogForm::Rfc5424 ? "rfc5424" : "rfc3164";
}

std::string_view name(Framing framing) noexcept {
  switch (framing) {
    case Framing::Counted:
      return "counted";
    case Framing::LineFeed:
      return "line-feed";
    case Framing::None:
      return "none";
  }
  return "none";
}

Result<SyslogForm> parse_syslog_form(std::string_view text) {
  for (const SyslogForm form : {SyslogForm::Rfc5424, SyslogForm::Rfc3164})
    if (text == name(form)) return form;
  return fail(ErrorCode::Invalid, std::string(text) + ": is neither rfc5424 nor rfc3164");
}

Result<Framing> parse_framing(std::string_view text) {
  for (const Framing framing : {Framing::Counted, Framing::LineFeed, Framing::None})
    if (text == name(framing)) return framing;
  return fail(ErrorCode::Invalid, std::string(text) + ": is no framing: counted, line-feed, none");
}

}  // namespace warder::formats
