#include "formats/text.h"

#include <array>

#include "base/text.h"

namespace warder::formats {

std::string visible(std::string_view bytes, Keep keep) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string text = is_utf8(bytes) ? std::string(bytes) : escape_non_utf8(bytes);
  const auto is_hidden = [keep](char c) {
    if (keep == Keep::LineEnds && (c == '\n' || c == '\r' || c == '\t')) return false;
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  };
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (!is_hidden(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += "\\x";
    out += kHex[byte >> 4U];
    out += kHex[byte & 15U];
  }
  return out;
}

json::string json_text(std::string_view bytes, std::size_t max_bytes, bool& is_cut) {
  const bool is_valid = is_utf8(bytes);
  const std::string escaped = is_valid ? std::string() : escape_non_utf8(bytes);
  const std::string_view valid = is_valid ? bytes : std::string_view(escaped);
  const std::string_view kept = valid.size() <= max_bytes ? valid : cut_utf8(valid, max_bytes);
  is_cut = is_cut || kept.size() < valid.size();
  return json::string(kept.data(), kept.size());
}

}  // namespace warder::formats
