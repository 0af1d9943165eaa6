// Japanese in Latin letters: one spelling for the many in which people write the same sound.
#pragma once

#include <string>
#include <string_view>

namespace warder::manager {

/// Kana of folded text (hiragana; see `folded`) as Latin letters, everything else as it is: "やまだ1" is "yamada1".
std::string kana_to_latin(std::string_view folded);

/// Folded Latin text in one spelling: Hepburn and Kunrei (shi, si), long vowels (satou, satoh, satō, satoo, sato) and n
/// before b, m, p (simbashi, shinbashi) come out alike. It is for comparing, not for reading.
std::string one_spelling(std::string_view latin);

}  // namespace warder::manager
