#include "manager/passwords/unicode.h"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>

namespace warder::manager {

namespace {

std::string mapped(std::string_view text, int options) {
  utf8proc_uint8_t* result = nullptr;
  const std::basic_string<utf8proc_uint8_t> bytes(text.begin(), text.end());
  const utf8proc_ssize_t size = utf8proc_map(bytes.data(), static_cast<utf8proc_ssize_t>(bytes.size()), &result,
                                             static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(result, &std::free);
  return size < 0 ? std::string(text) : std::string(result, result + size);
}

utf8proc_category_t category_of(char32_t c) noexcept {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

constexpr char32_t kKatakanaFirst = U'ァ';
constexpr char32_t kKatakanaLast = U'ヶ';
constexpr char32_t kKatakanaToHiragana = U'ァ' - U'ぁ';

}  // namespace

std::string nfkc(std::string_view text) {
  return mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE);
}

std::string folded(std::string_view text) {
  std::u32string points = to_code_points(
      mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE));
  for (char32_t& c : points)
    if (c >= kKatakanaFirst && c <= kKatakanaLast) c -= kKatakanaToHiragana;
  return to_utf8(points);
}

std::string without_marks(std::string_view text) {
  return mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK);
}

std::u32string to_code_points(std::string_view text) {
  std::u32string points;
  const std::basic_string<utf8proc_uint8_t> bytes(text.begin(), text.end());
  const utf8proc_uint8_t* at = bytes.data();
  auto left = static_cast<utf8proc_ssize_t>(bytes.size());
  while (left > 0) {
    utf8proc_int32_t point = 0;
    const utf8proc_ssize_t taken = utf8proc_iterate(at, left, &point);
    const utf8proc_ssize_t step = taken > 0 ? taken : 1;
    points.push_back(taken > 0 ? static_cast<char32_t>(point) : U'\uFFFD');
    at += step;
    left -= step;
  }
  return points;
}

std::string to_utf8(std::u32string_view text) {
  std::string bytes;
  for (const char32_t c : text) {
    utf8proc_uint8_t buffer[4];
    const utf8proc_ssize_t size = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), buffer);
    bytes.append(buffer, buffer + size);
  }
  return bytes;
}

bool is_letter(char32_t c) noexcept {
  const utf8proc_category_t category = category_of(c);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool is_digit(char32_t c) noexcept {
  return category_of(c) == UTF8PROC_CATEGORY_ND;
}

bool is_kana(char32_t c) noexcept {
  return (c >= U'ぁ' && c <= U'ゖ') || (c >= kKatakanaFirst && c <= kKatakanaLast) || c == U'ー';
}

bool is_kanji(char32_t c) noexcept {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x3FFFF) ||
         (c >= 0xF900 && c <= 0xFAFF) || c == U'々';
}

CharacterKinds kinds_of(std::string_view text) {
  CharacterKinds kinds;
  for (const char32_t c : to_code_points(text)) {
    const utf8proc_category_t category = category_of(c);
    const bool is_without_case = category == UTF8PROC_CATEGORY_LO;
    kinds.has_letter = kinds.has_letter || is_letter(c);
    kinds.has_upper =
        kinds.has_upper || is_without_case || category == UTF8PROC_CATEGORY_LU || category == UTF8PROC_CATEGORY_LT;
    kinds.has_lower = kinds.has_lower || is_without_case || category == UTF8PROC_CATEGORY_LL;
    kinds.has_digit = kinds.has_digit || category == UTF8PROC_CATEGORY_ND;
  }
  return kinds;
}

}  // namespace warder::manager
