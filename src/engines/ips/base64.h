// Base64 as attackers write it: what can be decoded is decoded.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace warder::ips {

enum class Base64Mode : std::uint8_t {
  Lenient,  // RFC 4648 alphabet; stops at the first other character
  Rfc2045,  // other characters are skipped
  Strict,   // anything wrong gives nothing
};

/// Decodes from the beginning of `text`; at most `max_characters` of it are read (0: all).
Bytes decode_base64(ByteView text, Base64Mode mode, std::size_t max_characters = 0);
/// The way of base64_decode: white space and line breaks are skipped, the first other character ends it.
Bytes decode_base64_leniently(ByteView text, std::size_t max_characters);

}  // namespace warder::ips
