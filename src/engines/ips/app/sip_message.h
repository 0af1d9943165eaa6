// One SIP message (RFC 3261) and the session description in its body (SDP, RFC 4566). Views point into the message.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace warder::ips::app {

struct SipHeader {
  std::string_view name;  // as written; compare with is_sip_header
  std::string_view value;
};

struct SipMessage {
  bool is_request = false;
  std::string_view first_line;  // without its end
  std::string_view method;
  std::string_view uri;
  std::string_view protocol;  // "SIP/2.0"
  std::string_view status_code;
  std::string_view status_message;
  std::string_view headers;  // with the line ends, without the empty line
  std::vector<SipHeader> fields;
  std::string_view body;
  std::size_t size = 0;  // bytes of the message: on a stream the next one begins here

  /// All values of a header, by its full name; the compact form ("v" for Via) counts too.
  [[nodiscard]] std::vector<std::string_view> values(std::string_view name) const;
};

/// What a stream must still bring.
struct SipProgress {
  bool is_complete = false;
  SipMessage message;
};

inline constexpr std::size_t kMaxSipHeaders = 256;

/// A datagram, or a stream from the start of a message on. Corrupt when it is no SIP. Incomplete, when the empty line
/// is not there yet or (with `is_stream`) the body is shorter than Content-Length says.
Result<SipProgress> parse_sip(std::string_view bytes, bool is_stream);

/// Whether the bytes begin as a SIP request or response.
bool is_probably_sip(std::string_view bytes) noexcept;

/// "m=" section of a session description.
struct SdpMedia {
  std::string_view media;  // "audio 49170 RTP/AVP 0"
  std::string_view info;
  std::vector<std::string_view> connections;
  std::vector<std::string_view> bandwidths;
  std::string_view key;
  std::vector<std::string_view> attributes;
};

struct SdpSession {
  std::string_view origin;
  std::string_view name;
  std::string_view info;
  std::string_view uri;
  std::string_view email;
  std::string_view phone;
  std::string_view connection;
  std::vector<std::string_view> bandwidths;
  std::string_view time;
  std::vector<std::string_view> repeats;
  std::string_view timezone;
  std::string_view key;
  std::vector<std::string_view> attributes;
  std::vector<SdpMedia> media;
};

/// Corrupt when the text does not start with "v=".
Result<SdpSession> parse_sdp(std::string_view body);

}  // namespace warder::ips::app
