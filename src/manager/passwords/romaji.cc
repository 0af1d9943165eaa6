#include "manager/passwords/romaji.h"

#include <algorithm>
#include <array>
#include <optional>

#include "manager/passwords/unicode.h"

namespace warder::manager {

namespace {

struct Kana {
  char32_t kana;
  std::string_view latin;
};

// Kunrei (ISO 3602), which `one_spelling` leaves as it is.
constexpr std::array kKana = {
    Kana{U'あ', "a"},  Kana{U'い', "i"},  Kana{U'う', "u"},  Kana{U'え', "e"},  Kana{U'お', "o"},  Kana{U'か', "ka"},
    Kana{U'き', "ki"}, Kana{U'く', "ku"}, Kana{U'け', "ke"}, Kana{U'こ', "ko"}, Kana{U'が', "ga"}, Kana{U'ぎ', "gi"},
    Kana{U'ぐ', "gu"}, Kana{U'げ', "ge"}, Kana{U'ご', "go"}, Kana{U'さ', "sa"}, Kana{U'し', "si"}, Kana{U'す', "su"},
    Kana{U'せ', "se"}, Kana{U'そ', "so"}, Kana{U'ざ', "za"}, Kana{U'じ', "zi"}, Kana{U'ず', "zu"}, Kana{U'ぜ', "ze"},
    Kana{U'ぞ', "zo"}, Kana{U'た', "ta"}, Kana{U'ち', "ti"}, Kana{U'つ', "tu"}, Kana{U'て', "te"}, Kana{U'と', "to"},
    Kana{U'だ', "da"}, Kana{U'ぢ', "zi"}, Kana{U'づ', "zu"}, Kana{U'で', "de"}, Kana{U'ど', "do"}, Kana{U'な', "na"},
    Kana{U'に', "ni"}, Kana{U'ぬ', "nu"}, Kana{U'ね', "ne"}, Kana{U'の', "no"}, Kana{U'は', "ha"}, Kana{U'ひ', "hi"},
    Kana{U'ふ', "hu"}, Kana{U'へ', "he"}, Kana{U'ほ', "ho"}, Kana{U'ば', "ba"}, Kana{U'び', "bi"}, Kana{U'ぶ', "bu"},
    Kana{U'べ', "be"}, Kana{U'ぼ', "bo"}, Kana{U'ぱ', "pa"}, Kana{U'ぴ', "pi"}, Kana{U'ぷ', "pu"}, Kana{U'ぺ', "pe"},
    Kana{U'ぽ', "po"}, Kana{U'ま', "ma"}, Kana{U'み', "mi"}, Kana{U'む', "mu"}, Kana{U'め', "me"}, Kana{U'も', "mo"},
    Kana{U'や', "ya"}, Kana{U'ゆ', "yu"}, Kana{U'よ', "yo"}, Kana{U'ら', "ra"}, Kana{U'り', "ri"}, Kana{U'る', "ru"},
    Kana{U'れ', "re"}, Kana{U'ろ', "ro"}, Kana{U'わ', "wa"}, Kana{U'ゐ', "i"},  Kana{U'ゑ', "e"},  Kana{U'を', "o"},
    Kana{U'ん', "n"},  Kana{U'ゔ', "vu"}, Kana{U'ヶ', "ke"}, Kana{U'ゖ', "ke"}, Kana{U'ゕ', "ka"},
};

// Behind another kana they change its vowel.
constexpr std::array kSmall = {
    Kana{U'ゃ', "ya"}, Kana{U'ゅ', "yu"}, Kana{U'ょ', "yo"}, Kana{U'ぁ', "a"},  Kana{U'ぃ', "i"},
    Kana{U'ぅ', "u"},  Kana{U'ぇ', "e"},  Kana{U'ぉ', "o"},  Kana{U'ゎ', "wa"},
};

template <std::size_t Count>
std::string_view latin_of(const std::array<Kana, Count>& table, char32_t c) {
  const auto* const found = std::ranges::find(table, c, &Kana::kana);
  return found == table.end() ? std::string_view{} : found->latin;
}

bool is_vowel(char c) noexcept {
  return std::string_view("aiueo").find(c) != std::string_view::npos;
}

/// "si" and "ya" are "sya", "hu" and "a" are "fa".
void join_small(std::string& latin, char32_t before, std::string_view small) {
  if (latin.empty() || !is_vowel(latin.back())) {
    latin += small;
    return;
  }
  latin.pop_back();
  if (before == U'ふ' && small.size() == 1) latin.back() = 'f';
  const bool is_of_si_ti = (before == U'し' || before == U'ち' || before == U'じ') && small.size() == 1;
  if (is_of_si_ti) latin += 'y';
  latin += small;
}

struct Respelling {
  std::string_view from;
  std::string_view to;
};

// Longer ones first.
constexpr std::array kRespellings = {
    Respelling{"tchi", "tti"}, Respelling{"cchi", "tti"}, Respelling{"sshi", "ssi"}, Respelling{"ttsu", "ttu"},
    Respelling{"tch", "tty"},  Respelling{"cch", "tty"},  Respelling{"ssh", "ssy"},  Respelling{"shi", "si"},
    Respelling{"chi", "ti"},   Respelling{"tsu", "tu"},   Respelling{"dzu", "zu"},   Respelling{"dji", "zi"},
    Respelling{"fu", "hu"},    Respelling{"ji", "zi"},    Respelling{"du", "zu"},    Respelling{"di", "zi"},
    Respelling{"sh", "sy"},    Respelling{"ch", "ty"},    Respelling{"jy", "zy"},    Respelling{"dy", "zy"},
    Respelling{"j", "zy"},     Respelling{"l", "r"},      Respelling{"mb", "nb"},    Respelling{"mp", "np"},
    Respelling{"mm", "nm"},
};

bool is_long_h(std::string_view rest) noexcept {
  return rest.starts_with("oh") && (rest.size() == 2 || !is_vowel(rest[2]));
}

/// A vowel that only makes the one before longer is not said again.
void append_short(std::string& out, std::string_view part) {
  for (const char c : part) {
    const bool is_longer =
        !out.empty() && is_vowel(c) && is_vowel(out.back()) && (c == out.back() || (out.back() == 'o' && c == 'u'));
    if (!is_longer) out += c;
  }
}

}  // namespace

std::string kana_to_latin(std::string_view folded) {
  std::string latin;
  char32_t before = 0;
  bool is_doubled = false;
  for (const char32_t c : to_code_points(folded)) {
    if (c == U'ー') continue;
    if (c == U'っ') {
      is_doubled = true;
      continue;
    }
    if (const std::string_view small = latin_of(kSmall, c); !small.empty()) {
      join_small(latin, before, small);
    } else if (const std::string_view plain = latin_of(kKana, c); !plain.empty()) {
      if (is_doubled && !is_vowel(plain.front())) latin += plain.front();
      latin += plain;
    } else {
      latin += to_utf8({&c, 1});
    }
    is_doubled = false;
    before = c;
  }
  return latin;
}

std::string one_spelling(std::string_view latin) {
  const std::string plain = without_marks(latin);
  std::string out;
  for (std::string_view rest = plain; !rest.empty();) {
    if (rest.front() == '\'') {
      rest.remove_prefix(1);
      continue;
    }
    if (is_long_h(rest)) {
      append_short(out, "o");
      rest.remove_prefix(2);
      continue;
    }
    const auto* const found = std::ranges::find_if(
        kRespellings, [&](const Respelling& respelling) { return rest.starts_with(respelling.from); });
    if (found == kRespellings.end()) {
      append_short(out, rest.substr(0, 1));
      rest.remove_prefix(1);
    } else {
      append_short(out, found->to);
      rest.remove_prefix(found->from.size());
    }
  }
  return out;
}

}  // namespace warder::manager
