#include "engines/ips/app/sip_message.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "engines/ips/app/text_line.h"

namespace warder::ips::app {
namespace {

constexpr std::size_t kMaxSdpLines = 1024;

// RFC 3261 §7.3.3
std::string_view compact_form(std::string_view name) {
  struct Form {
    std::string_view name;
    std::string_view compact;
  };
  static constexpr std::array<Form, 10> kForms = {{{"via", "v"},
                                                   {"from", "f"},
                                                   {"to", "t"},
                                                   {"contact", "m"},
                                                   {"call-id", "i"},
                                                   {"content-type", "c"},
                                                   {"content-length", "l"},
                                                   {"content-encoding", "e"},
                                                   {"subject", "s"},
                                                   {"supported", "k"}}};
  for (const Form& form : kForms) {
    if (equals_ignoring_case(form.name, name)) return form.compact;
  }
  return {};
}

// Takes one line off the front, without its end.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_method(std::string_view word) {
  return !word.empty() && word.size() <= 32 &&
         std::all_of(word.begin(), word.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '_' || c == '-'; });
}

bool read_first_line(SipMessage& message) {
  const std::string_view line = message.first_line;
  const std::size_t first = line.find(' ');
  if (first == std::string_view::npos) return false;
  if (line.starts_with("SIP/")) {
    message.protocol = line.substr(0, first);
    const std::string_view rest = line.substr(first + 1);
    const std::size_t second = rest.find(' ');
    message.status_code = rest.substr(0, second);
    if (second != std::string_view::npos) message.status_message = rest.substr(second + 1);
    return message.status_code.size() == 3 &&
           message.status_code.find_first_not_of("0123456789") == std::string_view::npos;
  }
  message.is_request = true;
  const std::size_t last = line.rfind(' ');
  message.method = line.substr(0, first);
  if (last == first) return false;
  message.uri = line.substr(first + 1, last - first - 1);
  message.protocol = line.substr(last + 1);
  return is_method(message.method) && message.protocol.starts_with("SIP/");
}

void read_headers(SipMessage& message) {
  std::string_view left = message.headers;
  while (!left.empty() && message.fields.size() < kMaxSipHeaders) {
    const std::string_view line = take_line(left);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view name = line.substr(0, colon);
    while (name.ends_with(' ')) name.remove_suffix(1);
    message.fields.push_back({name, trim(line.substr(colon + 1))});
  }
}

std::size_t content_length(const SipMessage& message) {
  const auto values = message.values("Content-Length");
  std::size_t length = 0;
  if (!values.empty()) std::from_chars(values[0].data(), values[0].data() + values[0].size(), length);
  return length;
}

struct HeaderEnd {
  std::size_t headers = std::string_view::npos;  // where the empty line starts
  std::size_t body = 0;
};

HeaderEnd find_header_end(std::string_view bytes) {
  const std::size_t crlf = bytes.find("\r\n\r\n");
  const std::size_t lf = bytes.find("\n\n");
  if (crlf != std::string_view::npos && (lf == std::string_view::npos || crlf < lf)) return {crlf + 2, crlf + 4};
  if (lf != std::string_view::npos) return {lf + 1, lf + 2};
  return {};
}

void read_media_line(char kind, std::string_view value, SdpMedia& media) {
  switch (kind) {
    case 'i':
      media.info = value;
      break;
    case 'c':
      media.connections.push_back(value);
      break;
    case 'b':
      media.bandwidths.push_back(value);
      break;
    case 'k':
      media.key = value;
      break;
    case 'a':
      media.attributes.push_back(value);
      break;
    default:
      break;
  }
}

void read_session_line(char kind, std::string_view value, SdpSession& session) {
  switch (kind) {
    case 'o':
      session.origin = value;
      break;
    case 's':
      session.name = value;
      break;
    case 'i':
      session.info = value;
      break;
    case 'u':
      session.uri = value;
      break;
    case 'e':
      session.email = value;
      break;
    case 'p':
      session.phone = value;
      break;
    case 'c':
      session.connection = value;
      break;
    case 'b':
      session.bandwidths.push_back(value);
      break;
    case 't':
      session.time = value;
      break;
    case 'r':
      session.repeats.push_back(value);
      break;
    case 'z':
      session.timezone = value;
      break;
    case 'k':
      session.key = value;
      break;
    case 'a':
      session.attributes.push_back(value);
      break;
    default:
      break;
  }
}

}  // namespace

std::vector<std::string_view> SipMessage::values(std::string_view name) const {
  const std::string_view compact = compact_form(name);
  std::vector<std::string_view> found;
  for (const SipHeader& field : fields) {
    if (equals_ignoring_case(field.name, name) || (!compact.empty() && equals_ignoring_case(field.name, compact))) {
      found.push_back(field.value);
    }
  }
  return found;
}

Result<SipProgress> parse_sip(std::string_view bytes, bool is_stream) {
  SipProgress progress;
  SipMessage& message = progress.message;
  const std::size_t line_end = bytes.find('\n');
  if (line_end == std::string_view::npos) {
    if (!is_stream || bytes.size() > 8192) return fail(ErrorCode::Corrupt, "sip: no first line");
    return progress;
  }
  std::string_view left = bytes;
  message.first_line = take_line(left);
  if (!read_first_line(message)) return fail(ErrorCode::Corrupt, "sip: neither a request nor a status line");
  const HeaderEnd end = find_header_end(bytes);
  if (end.headers == std::string_view::npos && is_stream) return progress;
  const std::size_t headers_end = std::min(end.headers, bytes.size());
  const std::size_t headers_start = line_end + 1;
  if (headers_end > headers_start) message.headers = bytes.substr(headers_start, headers_end - headers_start);
  read_headers(message);
  const std::size_t body_start = end.headers == std::string_view::npos ? bytes.size() : end.body;
  const std::size_t length = content_length(message);
  if (is_stream && bytes.size() - body_start < length) return progress;
  message.body = bytes.substr(body_start, is_stream ? length : std::string_view::npos);
  message.size = body_start + message.body.size();
  progress.is_complete = true;
  return progress;
}

bool is_probably_sip(std::string_view bytes) noexcept {
  static constexpr std::array<std::string_view, 16> kStarts = {
      "SIP/2.0 ", "INVITE ", "REGISTER ",  "ACK ",    "BYE ",     "CANCEL ",  "OPTIONS ", "UPDATE ",
      "REFER ",   "PRACK ",  "SUBSCRIBE ", "NOTIFY ", "PUBLISH ", "MESSAGE ", "INFO ",    "SIP/1.0 "};
  const auto fits = [&](std::string_view start) { return bytes.starts_with(start); };
  if (!std::any_of(kStarts.begin(), kStarts.end(), fits)) return false;
  if (bytes.starts_with("SIP/")) return true;
  // OPTIONS, NOTIFY … exist in other protocols: the first line tells.
  const std::string_view line = bytes.substr(0, bytes.find('\n'));
  return line.find(" SIP/") != std::string_view::npos || line.find(" sip:") != std::string_view::npos;
}

Result<SdpSession> parse_sdp(std::string_view body) {
  if (!body.starts_with("v=")) return fail(ErrorCode::Corrupt, "sdp: no version line");
  SdpSession session;
  std::size_t lines = 0;
  while (!body.empty() && ++lines <= kMaxSdpLines) {
    const std::string_view line = take_line(body);
    if (line.size() < 2 || line[1] != '=') continue;
    const std::string_view value = trim(line.substr(2));
    if (line[0] == 'm') {
      session.media.push_back({value, {}, {}, {}, {}, {}});
    } else if (session.media.empty()) {
      read_session_line(line[0], value, session);
    } else {
      read_media_line(line[0], value, session.media.back());
    }
  }
  return session;
}

}  // namespace warder::ips::app
