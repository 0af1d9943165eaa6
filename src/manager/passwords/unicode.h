// Passwords and names as Unicode text: one form for what looks or is typed alike.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace warder::manager {

/// NFKC (full and half width, composed and decomposed become one): what is hashed, and in which length is counted.
/// Text that is not UTF-8 stays as it is.
std::string nfkc(std::string_view text);
/// NFKC without case and invisible characters, katakana as hiragana: for comparing.
std::string folded(std::string_view text);
/// Letters without their accents: "ō" is "o".
std::string without_marks(std::string_view text);

std::u32string to_code_points(std::string_view text);
std::string to_utf8(std::u32string_view text);

bool is_letter(char32_t c) noexcept;
bool is_digit(char32_t c) noexcept;
bool is_kana(char32_t c) noexcept;
bool is_kanji(char32_t c) noexcept;

/// Which kinds of characters there are. A letter without case counts as both cases: whoever writes kanji need not
/// borrow Latin letters.
struct CharacterKinds {
  bool has_letter = false;
  bool has_upper = false;
  bool has_lower = false;
  bool has_digit = false;
};
CharacterKinds kinds_of(std::string_view text);

}  // namespace warder::manager
