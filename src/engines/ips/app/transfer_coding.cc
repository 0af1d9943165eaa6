#include "engines/ips/app/transfer_coding.h"

namespace warder::ips::app {
namespace {

int base64_digit(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

void Base64Decoder::push(std::string_view text, Bytes& out) {
  for (const char c : text) {
    const int digit = base64_digit(c);
    if (digit < 0) {
      if (c == '=') {
        count_ = 0;
        bits_ = 0;
      } else if (c != '\r' && c != '\n' && c != ' ' && c != '\t') {
        has_junk_ = true;
      }
      continue;
    }
    bits_ = bits_ << 6U | static_cast<std::uint32_t>(digit);
    count_ += 6;
    if (count_ >= 8) {
      count_ -= 8;
      out.push_back(static_cast<std::uint8_t>(bits_ >> count_ & 0xffU));
    }
  }
}

bool decode_quoted_printable_line(std::string_view line, Bytes& out) {
  bool is_right = true;
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
  const bool is_continued = line.ends_with('=');
  if (is_continued) line.remove_suffix(1);
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c != '=') {
      out.push_back(static_cast<std::uint8_t>(c));
      continue;
    }
    if (i + 2 < line.size() && hex_digit(line[i + 1]) >= 0 && hex_digit(line[i + 2]) >= 0) {
      out.push_back(static_cast<std::uint8_t>(hex_digit(line[i + 1]) << 4 | hex_digit(line[i + 2])));
      i += 2;
    } else {
      is_right = false;
      out.push_back('=');
    }
  }
  if (!is_continued) {
    out.push_back('\r');
    out.push_back('\n');
  }
  return is_right;
}

}  // namespace warder::ips::app
