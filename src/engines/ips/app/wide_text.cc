#include "engines/ips/app/wide_text.h"

namespace warder::ips::app {
namespace {

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0U | code >> 6U);
    put(0x80U | (code & 0x3fU));
  } else if (code < 0x10000) {
    put(0xe0U | code >> 12U);
    put(0x80U | (code >> 6U & 0x3fU));
    put(0x80U | (code & 0x3fU));
  } else {
    put(0xf0U | code >> 18U);
    put(0x80U | (code >> 12U & 0x3fU));
    put(0x80U | (code >> 6U & 0x3fU));
    put(0x80U | (code & 0x3fU));
  }
}

}  // namespace

std::string from_utf16le(ByteView bytes) {
  std::string out;
  out.reserve(bytes.size() / 2);
  const auto unit = [&](std::size_t i) { return static_cast<std::uint32_t>(bytes[i] | bytes[i + 1] << 8U); };
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const std::uint32_t first = unit(i);
    if (first == 0) break;
    if (first < 0xd800 || first > 0xdfff) {
      append_utf8(out, first);
      continue;
    }
    const std::uint32_t second = i + 3 < bytes.size() ? unit(i + 2) : 0;
    if (first > 0xdbff || second < 0xdc00 || second > 0xdfff) {
      out += '?';
      continue;
    }
    append_utf8(out, 0x10000U + ((first - 0xd800U) << 10U) + (second - 0xdc00U));
    i += 2;
  }
  return out;
}

}  // namespace warder::ips::app
