// Syslog messages around a payload, and how they are told apart on a stream.
//
// RFC 5424 (no structured data, no byte order mark: parsers look for "CEF:" where the text begins), RFC 3164 with times
// in UTC; framing of RFC 6587, which RFC 5425 (TLS) takes the first of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "model/event.h"

namespace warder::formats {

enum class SyslogForm : std::uint8_t { Rfc5424, Rfc3164 };
enum class Framing : std::uint8_t {
  Counted,   // "LEN SP MSG"
  LineFeed,  // MSG LF
  None       // a datagram
};

struct SyslogHead {
  SyslogForm form = SyslogForm::Rfc5424;
  int facility = 16;  // 0 to 23; 16: local0
  Severity severity = Severity::Info;
  Timestamp time{};
  std::string host;     // that the event is of
  std::string program;  // "warder"
  std::string kind;     // MSGID: the module
};

/// The whole message without framing. Characters that a part of the head may not have become `_`, long parts are cut,
/// empty ones "-".
std::string syslog_message(const SyslogHead& head, std::string_view payload);
/// The message as it goes over the wire. A line feed within a LineFeed message becomes a space.
std::string frame(Framing framing, std::string_view message);

Result<SyslogForm> parse_syslog_form(std::string_view text);
Result<Framing> parse_framing(std::string_view text);
std::string_view name(SyslogForm form) noexcept;
std::string_view name(Framing framing) noexcept;

}  // namespace warder::formats
