// Content-transfer-encodings of mail (RFC 2045 §6), decoded as the text comes: bounded state, lenient as mail programs
// are.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace warder::ips::app {

/// Base64: what is no digit is skipped and remembered.
class Base64Decoder {
 public:
  void push(std::string_view text, Bytes& out);
  [[nodiscard]] bool has_seen_junk() const noexcept { return has_junk_; }

 private:
  std::uint32_t bits_ = 0;
  unsigned count_ = 0;
  bool has_junk_ = false;
};

/// One line of quoted-printable without its end; appends the line end unless the line is continued. False when an
/// escape is wrong: it is then kept as it stands.
bool decode_quoted_printable_line(std::string_view line, Bytes& out);

}  // namespace warder::ips::app
