#include "manager/passwords/personal_words.h"

#include <algorithm>

#include "base/text.h"
#include "manager/passwords/guises.h"
#include "manager/passwords/romaji.h"
#include "manager/passwords/unicode.h"

namespace warder::manager {

namespace {

constexpr std::size_t kMinLatin = 3;     // letters of a word that counts by itself
constexpr std::size_t kMinAnywhere = 4;  // letters of one that counts anywhere
constexpr std::size_t kMinJapanese = 2;

bool is_japanese(char32_t c) noexcept {
  return is_kana(c) || is_kanji(c);
}

/// Kinds of characters that do not belong to one word.
int kind_of(char32_t c) noexcept {
  if (is_kanji(c)) return 1;
  if (is_kana(c)) return 2;
  return is_letter(c) || is_digit(c) ? 3 : 0;
}

void add_once(std::vector<std::string>& words, std::string word) {
  if (!word.empty() && std::ranges::find(words, word) == words.end()) words.push_back(std::move(word));
}

bool has_any_in(const std::vector<std::string>& words, std::string_view text) {
  return std::ranges::any_of(words, [&](const std::string& word) { return text.find(word) != std::string_view::npos; });
}

}  // namespace

Result<NameReadings> NameReadings::parse(std::string_view text) {
  NameReadings readings;
  std::size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    const std::string_view content = trim(line.substr(0, line.find('#')));
    if (content.empty()) continue;
    Name name;
    for (const std::string_view part : split(content, ' ')) {
      if (part.empty()) continue;
      if (name.kanji.empty()) {
        name.kanji = folded(part);
      } else {
        name.readings.push_back(folded(part));
      }
    }
    if (name.readings.empty()) return fail(ErrorCode::Invalid, "line " + std::to_string(number) + ": no reading");
    readings.names_.push_back(std::move(name));
  }
  std::ranges::stable_sort(readings.names_, std::ranges::greater{}, [](const Name& name) { return name.kanji.size(); });
  return readings;
}

const NameReadings::Name* NameReadings::find_prefix(std::string_view text) const {
  const auto found = std::ranges::find_if(names_, [&](const Name& name) { return text.starts_with(name.kanji); });
  return found == names_.end() ? nullptr : &*found;
}

void PersonalWords::add(std::string_view text) {
  std::u32string part;
  int kind = 0;
  for (const char32_t c : to_code_points(folded(text)) + U' ') {
    const int next = kind_of(c);
    if (next != kind && !part.empty()) {
      add_part(to_utf8(part));
      part.clear();
    }
    kind = next;
    if (next != 0) part += c;
  }
}

void PersonalWords::add_part(std::string_view part) {
  const std::u32string points = to_code_points(part);
  if (is_kanji(points.front())) return add_kanji(points);
  add_word(part);
  // "yamada80" is "yamada" too.
  std::u32string letters;
  std::ranges::copy_if(points, std::back_inserter(letters), is_letter);
  if (letters.size() != points.size()) add_word(to_utf8(letters));
}

void PersonalWords::add_kanji(const std::u32string& kanji) {
  const std::string text = to_utf8(kanji);
  add_word(text);
  if (const NameReadings::Name* family = readings_.find_prefix(text)) {
    add_word(family->kanji);
    for (const std::string& reading : family->readings) add_word(reading);
    add_word(text.substr(family->kanji.size()));
  } else if (kanji.size() > kMinJapanese) {
    // A family and a given name without a space, most often of two characters each.
    add_word(to_utf8(std::u32string_view(kanji).substr(0, kMinJapanese)));
    add_word(to_utf8(std::u32string_view(kanji).substr(kanji.size() - kMinJapanese)));
  }
}

void PersonalWords::add_word(std::string_view folded_word) {
  const std::u32string points = to_code_points(folded_word);
  if (points.empty()) return;
  if (is_japanese(points.front()) && points.size() >= kMinJapanese) add_once(words_, std::string(folded_word));
  const std::string latin = kana_to_latin(folded_word);
  const std::string spelling = one_spelling(latin);
  if (is_kanji(points.front())) return;
  if (latin.size() >= kMinAnywhere) {
    add_once(words_, latin);
    for (const std::string_view is_long : {"oo", "ou"}) {
      const std::size_t at = is_kana(points.front()) ? latin.find(is_long) : std::string::npos;
      if (at != std::string::npos) add_once(words_, std::string(latin).replace(at, 2, "oh"));
    }
    if (spelling.size() >= kMinAnywhere) add_once(spellings_, spelling);
  }
  if (latin.size() >= kMinLatin && spelling.size() < kMinAnywhere) {
    add_once(short_, latin);
    add_once(short_, spelling);
  }
}

bool PersonalWords::are_in(std::string_view password) const {
  for (const std::string& guise : guises_of(password)) {
    const std::string latin = kana_to_latin(guise);
    if (has_any_in(words_, guise) || has_any_in(words_, latin)) return true;
    if (has_any_in(spellings_, one_spelling(latin))) return true;
  }
  for (const std::string& run : letter_runs(folded(password))) {
    const std::string latin = kana_to_latin(run);
    const auto is_run = [&](const std::string& word) { return latin == word || one_spelling(latin) == word; };
    if (std::ranges::any_of(short_, is_run)) return true;
  }
  return false;
}

}  // namespace warder::manager
