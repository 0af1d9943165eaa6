#include "manager/passwords/romaji.h"

#include <gtest/gtest.h>

#include "manager/passwords/unicode.h"

namespace warder::manager {
namespace {

std::string spelled(std::string_view text) {
  return one_spelling(kana_to_latin(folded(text)));
}

TEST(Romaji, BringsEverySpellingIntoOne) {
  struct Case {
    const char* kana;
    std::vector<const char*> written;
  };
  const Case cases[] = {
      {"さとう", {"satou", "Satoh", "SATO", "satō", "satô", "satoo", "サトウ", "ｻﾄｳ", "ｓａｔｏｕ"}},
      {"おおの", {"oono", "ohno", "Ono", "ōno", "オオノ", "オーノ"}},
      {"しんじ", {"shinji", "sinzi", "SHINJI", "ｼﾝｼﾞ", "シンジ"}},
      {"ちば", {"chiba", "tiba"}},
      {"つちや", {"tsuchiya", "tutiya"}},
      {"ふじた", {"fujita", "huzita", "fuzita"}},
      {"ほんま", {"honma", "homma"}},
      {"なんば", {"nanba", "namba"}},
      {"しんいち", {"shinichi", "shin'ichi", "sin'iti"}},
      {"じゅん", {"jun", "zyun", "jyun"}},
      {"しょうた", {"shota", "shouta", "shohta", "syouta", "shōta"}},
      {"ちょう", {"cho", "tyou", "chō"}},
      {"はっとり", {"hattori", "ハットリ"}},
      {"まっちゃ", {"matcha", "maccha", "mattya"}},
      {"ゆうこ", {"yuko", "yuuko", "yūko"}},
      {"ジェフ", {"jehu", "zyefu"}},
      {"ファミ", {"fami"}},
      {"づか", {"zuka", "duka", "dzuka"}},
  };
  for (const Case& each : cases) {
    for (const char* written : each.written) EXPECT_EQ(spelled(written), spelled(each.kana)) << written;
  }
}

TEST(Romaji, KeepsDifferentNamesApart) {
  EXPECT_NE(spelled("さとう"), spelled("さいとう"));
  EXPECT_NE(spelled("おの"), spelled("うえの"));
  EXPECT_NE(spelled("かんの"), spelled("かの"));
  EXPECT_NE(spelled("はと"), spelled("はっと"));
}

TEST(Unicode, MakesOneFormOfWidthsAndCompositions) {
  EXPECT_EQ(nfkc("Ｐａｓｓ１"), "Pass1");
  EXPECT_EQ(nfkc("e\xCC\x81"), "é");
  EXPECT_EQ(folded("ﾔﾏﾀﾞ ＹＡＭＡＤＡ ヤマダ"), "やまだ yamada やまだ");
  EXPECT_EQ(folded("ya\xE2\x80\x8Bmada"), "yamada");  // a space without width
  EXPECT_EQ(nfkc("\xff bad"), "\xff bad");
}

TEST(Unicode, KnowsKindsOfCharacters) {
  struct Case {
    const char* text;
    bool letter, upper, lower, digit;
  };
  const Case cases[] = {{"a", true, false, true, false},    {"A1", true, true, false, true},
                        {"Ж", true, true, false, false},    {"ß٣", true, false, true, true},
                        {"山", true, true, true, false},    {"אב", true, true, true, false},
                        {"-_ ", false, false, false, false}};
  for (const Case& each : cases) {
    const CharacterKinds kinds = kinds_of(each.text);
    SCOPED_TRACE(each.text);
    EXPECT_EQ(kinds.has_letter, each.letter);
    EXPECT_EQ(kinds.has_upper, each.upper);
    EXPECT_EQ(kinds.has_lower, each.lower);
    EXPECT_EQ(kinds.has_digit, each.digit);
  }
}

}  // namespace
}  // namespace warder::manager
