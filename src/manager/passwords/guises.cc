#include "manager/passwords/guises.h"

#include <algorithm>

#include "manager/passwords/unicode.h"

namespace warder::manager {

namespace {

char32_t letter_meant(char32_t c, char32_t one) noexcept {
  switch (c) {
    case U'0':
      return U'o';
    case U'1':
    case U'!':
    case U'|':
      return one;
    case U'3':
      return U'e';
    case U'4':
    case U'@':
      return U'a';
    case U'5':
    case U'$':
      return U's';
    case U'7':
    case U'+':
      return U't';
    case U'8':
      return U'b';
    case U'9':
      return U'g';
    default:
      return c;
  }
}

template <class Keep>
std::u32string kept(const std::u32string& text, const Keep& keep) {
  std::u32string result;
  std::ranges::copy_if(text, std::back_inserter(result), keep);
  return result;
}

std::u32string with_letters(std::u32string text, char32_t one) {
  for (char32_t& c : text) c = letter_meant(c, one);
  return text;
}

bool is_word_character(char32_t c) {
  return is_letter(c) || is_digit(c) || is_kana(c);
}

bool is_spoken(char32_t c) {
  return is_letter(c) || is_kana(c);
}

/// Of a run that ends where the script changes; 0 for what is in none.
int script_of(char32_t c) {
  if (is_kana(c)) return 1;
  if (is_kanji(c)) return 2;
  return is_letter(c) ? 3 : 0;
}

/// Without the digits and signs at its ends: they are decoration there, and letters in between.
std::u32string core_of(const std::u32string& text) {
  const auto first = std::ranges::find_if(text, is_spoken);
  const auto last = std::find_if(text.rbegin(), text.rend(), is_spoken).base();
  return first < last ? std::u32string(first, last) : std::u32string();
}

}  // namespace

std::vector<std::string> guises_of(std::string_view password) {
  const std::u32string text = to_code_points(folded(password));
  std::vector<std::string> guises;
  const auto add = [&](std::u32string guise) {
    for (int way = 0; way < 2; ++way) {
      std::string utf8 = to_utf8(guise);
      if (!utf8.empty() && std::ranges::find(guises, utf8) == guises.end()) guises.push_back(std::move(utf8));
      std::ranges::reverse(guise);
    }
  };
  add(text);
  add(kept(text, is_word_character));
  add(kept(text, is_spoken));
  for (const char32_t one : {U'i', U'l'}) add(kept(with_letters(text, one), is_spoken));
  return guises;
}

std::vector<std::string> letter_runs(std::string_view folded) {
  std::vector<std::string> runs;
  const std::u32string text = to_code_points(folded);
  for (const bool is_as_meant : {false, true}) {
    std::u32string run;
    for (const char32_t c : (is_as_meant ? with_letters(text, U'i') : text) + U' ') {
      if (!run.empty() && script_of(c) != script_of(run.back())) {
        runs.push_back(to_utf8(run));
        run.clear();
      }
      if (is_spoken(c)) run += c;
    }
  }
  return runs;
}

std::string letters_meant(std::string_view folded, char one) {
  const std::u32string core = core_of(to_code_points(folded));
  return to_utf8(kept(with_letters(core, static_cast<char32_t>(one)), is_spoken));
}

}  // namespace warder::manager
