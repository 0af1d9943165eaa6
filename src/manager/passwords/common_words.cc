#include "manager/passwords/common_words.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "manager/passwords/guises.h"
#include "manager/passwords/unicode.h"

namespace warder::manager {

namespace {

constexpr std::size_t kMinRun = 3;
constexpr std::size_t kMinLetters = 3;  // fewer are decoration themselves
constexpr std::size_t kMaxDecoration = 2;
constexpr std::array<std::string_view, 7> kRuns = {
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "abcdefghijklmnopqrstuvwxyz",
    "qazwsxedcrfvtgbyhnujm",
    "qweasdzxcrtyfghvbnuiojklmp",
    "qwertzuiop",
};

/// "aaaaaaaa", "abababab": a piece of at most four characters again and again.
bool is_repeated(std::string_view letters) {
  for (std::size_t period = 1; period <= 4 && 2 * period <= letters.size(); ++period) {
    bool repeats = true;
    for (std::size_t i = period; i < letters.size() && repeats; ++i) repeats = letters[i] == letters[i - period];
    if (repeats) return true;
  }
  return false;
}

/// "1234567890", "20242024", also with signs or a letter or two around.
bool is_row_of_digits(std::string_view text) {
  constexpr std::string_view kUp = "01234567890123456789";
  constexpr std::string_view kDown = "98765432109876543210";
  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits), [](char c) { return c >= '0' && c <= '9'; });
  return digits.size() < kMinRun || kUp.find(digits) != std::string_view::npos ||
         kDown.find(digits) != std::string_view::npos || is_repeated(digits);
}

}  // namespace

CommonWords::CommonWords() {
  for (const std::string_view keys : kRuns) add_runs(keys);
}

Result<CommonWords> CommonWords::parse(std::string_view text) {
  CommonWords words;
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    const std::string_view word = trim(line.substr(0, line.find('#')));
    if (word.empty()) continue;
    if (word.find(' ') != std::string_view::npos)
      return fail(ErrorCode::Invalid, "line " + std::to_string(number) + ": more than one word");
    words.words_.insert(folded(word));
  }
  return words;
}

/// All its pieces, forwards and backwards.
void CommonWords::add_runs(std::string_view keys) {
  for (std::size_t begin = 0; begin < keys.size(); ++begin) {
    for (std::size_t size = kMinRun; begin + size <= keys.size(); ++size) {
      std::string run(keys.substr(begin, size));
      words_.insert(run);
      std::ranges::reverse(run);
      words_.insert(std::move(run));
    }
  }
}

bool CommonWords::is_word_or_two(std::string_view letters) const {
  const auto is_word = [&](std::string_view text) { return words_.contains(std::string(text)); };
  if (is_word(letters)) return true;
  for (std::size_t at = 1; at < letters.size(); ++at) {
    if (is_word(letters.substr(0, at)) && is_word(letters.substr(at))) return true;
  }
  // The same word again and again.
  for (std::size_t size = kMinRun; 2 * size <= letters.size(); ++size) {
    if (letters.size() % size != 0 || !is_word(letters.substr(0, size))) continue;
    bool repeats = true;
    for (std::size_t i = size; i < letters.size() && repeats; ++i) repeats = letters[i] == letters[i - size];
    if (repeats) return true;
  }
  return false;
}

/// Up to two letters at the ends are decoration as digits are.
bool CommonWords::is_word_or_two_inside(std::string_view letters) const {
  for (std::size_t front = 0; front <= kMaxDecoration; ++front) {
    for (std::size_t back = 0; front + back <= kMaxDecoration; ++back) {
      if (letters.size() < front + back + kMinLetters) continue;
      const std::string_view inner = letters.substr(front, letters.size() - front - back);
      if (is_repeated(inner) || is_word_or_two(inner)) return true;
    }
  }
  return false;
}

bool CommonWords::make_up(std::string_view password) const {
  const std::string text = folded(password);
  std::u32string bare;
  for (const char32_t c : to_code_points(text))
    if (is_letter(c) || is_kana(c)) bare += c;
  if (bare.size() < kMinLetters) return is_row_of_digits(text);
  const std::string letters = to_utf8(bare);
  if (is_word_or_two_inside(letters)) return true;
  return std::ranges::any_of(std::array{'i', 'l'}, [&](char one) { return is_word_or_two(letters_meant(text, one)); });
}

}  // namespace warder::manager
