// Small text functions: splitting, trimming, numbers, UTF-8 and globs.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace warder {

/// The parts between `separator`s, empty ones included; views into `text`.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text) noexcept;
std::string to_lower_ascii(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;

/// A whole decimal number and nothing else.
template <class Integer>
std::optional<Integer> parse_integer(std::string_view text) noexcept {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

bool is_utf8(std::string_view text) noexcept;
/// Code points of valid UTF-8.
std::size_t count_characters(std::string_view text) noexcept;
/// UTF-8 as it is; each byte that is not part of valid UTF-8 as `\xNN`, and each backslash of a run before `xNN` or
/// such a byte doubled, so that the result maps back to one input.
std::string escape_non_utf8(std::string_view bytes);

/// The longest beginning of valid UTF-8 that has at most `max_bytes` and ends between characters.
std::string_view cut_utf8(std::string_view text, std::size_t max_bytes) noexcept;

/// Appends `text` (UTF-8) as a JSON string, quotes included; only what must be escaped is (RFC 8785 §3.2.2.2).
void append_json_string(std::string& out, std::string_view text);

/// `?` one character but '/', `*` any run without '/', `**` any run; the whole text must match. Linear in text ×
/// pattern.
bool matches_glob(std::string_view pattern, std::string_view text) noexcept;

}  // namespace warder
