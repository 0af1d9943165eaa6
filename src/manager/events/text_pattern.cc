#include "manager/events/text_pattern.h"

namespace warder::manager {
namespace {

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool is_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

/// Past one UTF-8 character, as `?` and LIKE's `_` count.
std::size_t next_character(std::string_view text, std::size_t at) noexcept {
  ++at;
  while (at < text.size() && is_continuation(text[at])) ++at;
  return at;
}

/// Greedy with one point of return: linear in pattern × text.
bool matches_whole(std::string_view pattern, std::string_view text) noexcept {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      t = next_character(text, t);
    } else if (p < pattern.size() && lower(pattern[p]) == lower(text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      star_text = next_character(text, star_text);
      t = star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool has_wildcard(std::string_view pattern) noexcept {
  return pattern.find_first_of("*?") != std::string_view::npos;
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) noexcept {
  // SQL's LIKE ends both at a zero byte, which no real value has.
  text = text.substr(0, text.find('\0'));
  pattern = pattern.substr(0, pattern.find('\0'));
  if (has_wildcard(pattern)) return matches_whole(pattern, text);
  if (pattern.empty()) return true;
  for (std::size_t at = 0; at + pattern.size() <= text.size(); ++at) {
    std::size_t same = 0;
    while (same < pattern.size() && lower(pattern[same]) == lower(text[at + same])) ++same;
    if (same == pattern.size()) return true;
  }
  return false;
}

std::string like_operand(std::string_view pattern) {
  std::string operand;
  const bool is_whole = has_wildcard(pattern);
  if (!is_whole) operand += '%';
  for (const char c : pattern) {
    if (c == '*') {
      operand += '%';
    } else if (c == '?') {
      operand += '_';
    } else {
      if (c == '%' || c == '_' || c == '\\') operand += '\\';
      operand += c;
    }
  }
  if (!is_whole) operand += '%';
  return operand;
}

}  // namespace warder::manager
