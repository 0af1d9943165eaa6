#include "engines/ips/base64.h"

#include <algorithm>

namespace warder::ips {

namespace {

int value_of(std::uint8_t c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

bool is_space(std::uint8_t c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Gathers six bits at a time.
class Gather {
 public:
  void add(int bits) {
    value_ = value_ << 6 | static_cast<std::uint32_t>(bits);
    if (++count_ < 4) return;
    out.push_back(static_cast<std::uint8_t>(value_ >> 16));
    out.push_back(static_cast<std::uint8_t>(value_ >> 8));
    out.push_back(static_cast<std::uint8_t>(value_));
    value_ = 0;
    count_ = 0;
  }
  void finish() {
    if (count_ >= 2) out.push_back(static_cast<std::uint8_t>(value_ >> (count_ == 2 ? 4 : 10)));
    if (count_ == 3) out.push_back(static_cast<std::uint8_t>(value_ >> 2));
  }
  [[nodiscard]] unsigned pending() const noexcept { return count_; }
  Bytes out;

 private:
  std::uint32_t value_ = 0;
  unsigned count_ = 0;
};

}  // namespace

Bytes decode_base64(ByteView text, Base64Mode mode, std::size_t max_characters) {
  if (max_characters != 0) text = text.first(std::min(text.size(), max_characters));
  Gather gather;
  gather.out.reserve(text.size() / 4 * 3 + 3);
  for (const auto c : text) {
    const int value = value_of(c);
    if (value >= 0) {
      gather.add(value);
    } else if (c == '=') {
      if (gather.pending() >= 2) break;
      if (mode == Base64Mode::Strict) return {};
    } else if (mode == Base64Mode::Strict) {
      return {};
    } else if (mode == Base64Mode::Lenient) {
      break;
    }
  }
  if (mode == Base64Mode::Strict && text.size() % 4 != 0) return {};
  gather.finish();
  return std::move(gather.out);
}

Bytes decode_base64_leniently(ByteView text, std::size_t max_characters) {
  if (max_characters != 0) text = text.first(std::min(text.size(), max_characters));
  Gather gather;
  for (const auto c : text) {
    const int value = value_of(c);
    if (value >= 0) {
      gather.add(value);
    } else if (!is_space(c)) {
      break;
    }
  }
  gather.finish();
  return std::move(gather.out);
}

}  // namespace warder::ips
