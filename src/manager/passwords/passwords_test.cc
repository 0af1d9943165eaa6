#include <gtest/gtest.h>

#include "base/file.h"
#include "manager/passwords/password_check.h"
#include "manager/passwords/profiles.h"
#include "manager/store/temporary_directory.h"

namespace warder::manager {
namespace {

const KnownWords& known() {
  static const KnownWords kKnown = KnownWords::load(std::string(WARDER_CONTENT) + "/passwords").value();
  return kKnown;
}

const PasswordRules& rules_of(std::string_view profile) {
  return find_password_profile(profile)->rules;
}

bool is_personal(const std::string& password, const std::vector<std::string>& personal) {
  PersonalWords words(known().names);
  for (const std::string& text : personal) words.add(text);
  return words.are_in(password);
}

/// What is broken by a password that only breaks rules about its form.
std::size_t broken(std::string_view profile, std::string_view password) {
  return broken_rules(rules_of(profile), password, {}, {}).size();
}

TEST(PasswordCheck, CountsCharactersAsPeopleDo) {
  const struct {
    std::string_view profile;
    std::string accepted, refused;
  } cases[] = {
      {"pci-4.0.1+seed", "Tzqkwvrmpx1y", "Tzqkwvrmpx1"},
      {"seed-2018", "Tzqkwvx1", "Tzqkwv1"},
      {"nist-63b-4", "tzqkwvrmpxlbdfg", "tzqkwvrmpxlbdf"},
      {"pci-4.0.1+seed", "石橋叩渡馬耳東風念仏7", "石橋叩渡馬耳東風念7"},
      {"pci-4.0.1+seed", "Ｔｚｑｋｗｖｒｍｐｘ１ｙ", "Ｔｚｑｋｗｖｒｍｐｘ１"},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.accepted);
    EXPECT_EQ(broken(each.profile, each.accepted), each.accepted.starts_with("石") ? 1U : 0U);
    EXPECT_EQ(broken(each.profile, each.refused), 1U);
  }
  EXPECT_EQ(broken("pci-4.0.1+seed", "石橋叩渡馬耳東風念仏如何7"), 0U);
}

TEST(PasswordCheck, TakesLongOnesWholeAndRefusesTooLongOnes) {
  std::string longest = "Tz1";
  while (longest.size() < 1024) longest += "qkwvrmpxyzbdfghj"[longest.size() % 16];
  EXPECT_EQ(broken("nist-63b-4", longest), 0U);
  EXPECT_EQ(broken("nist-63b-4", longest + "x"), 1U);
  EXPECT_EQ(broken("nist-63b-4", "not utf-8 at all\xff"), 1U);
}

TEST(PasswordCheck, AsksForKindsOfCharactersOnlyWhereTheProfileDoes) {
  for (const char* simple : {"tzqkwvrmpxlbdfgh", "TZQKWVRMPXLBDFG1", "tzqkwvrmpxlbdfg1", "7391 8264 5503 9917"}) {
    EXPECT_GE(broken("pci-4.0.1+seed", simple), 1U) << simple;
    EXPECT_EQ(broken("nist-63b-4", simple), 0U) << simple;
    EXPECT_EQ(broken("asvs-5-l2", simple), 0U) << simple;
  }
  EXPECT_EQ(broken("pci-4.0.1+mfa", "tzqkwvrmpxlbdfg1"), 0U);
  EXPECT_EQ(broken("pci-4.0.1+seed", "漢字だけの長い合言葉である3"), 0U);
}

/// Each name in every script, width and case, with digits for letters, backwards, strewn; within other text.
TEST(PasswordCheck, FindsJapaneseNamesInAThousandGuises) {
  const struct {
    std::string name;
    std::vector<std::string> guises;
  } people[] = {
      {"山田 太郎",
       {"Yamada", "YAMADA", "yamada", "ヤマダ", "ﾔﾏﾀﾞ", "やまだ", "山田", "ｙａｍａｄａ", "y4m4d4", "Y@m@d@",
        "ya-ma-da", "y.a.m.a.d.a", "adamay", "だまや", "Yamadah"}},
      {"佐藤 花子",
       {"Sato", "satou", "Satoh", "SATOO", "sat0h", "サトウ", "さとう", "佐藤", "ｻﾄｳ", "s4t0u", "otas", "$atou"}},
      {"大野", {"Ohno", "oono", "大野", "おおの", "オーノ", "ｵｵﾉ", "00no"}},
      {"シンジ", {"shinji", "Sinzi", "SHINJI", "しんじ", "ｼﾝｼﾞ", "5hinji", "sh1nj1", "ijnihs"}},
      {"渋谷", {"shibuya", "Sibuya", "渋谷", "しぶや", "SHIBUYA", "5h1buya"}},
      {"本間 翔", {"honma", "Homma", "本間", "ほんま", "ホンマ"}},
  };
  const std::vector<std::string> before = {"", "Xk", "7", "!!", "Zug", "馬", "Bitte ", "__"};
  const std::vector<std::string> after = {"", "1980!", "2024", "#", "kx", "Qz9", " wv"};
  int tried = 0;
  for (const auto& person : people) {
    for (const std::string& guise : person.guises) {
      for (const std::string& front : before) {
        for (const std::string& back : after) {
          EXPECT_TRUE(is_personal(front + guise + back, {person.name})) << person.name << ": " << front + guise + back;
          ++tried;
        }
      }
    }
  }
  EXPECT_GE(tried, 1000);
}

TEST(PasswordCheck, FindsNamesAddressesAndShortNames) {
  const struct {
    std::string password;
    std::vector<std::string> personal;
    bool is_found;
  } cases[] = {
      {"Yamada1980!", {"山田"}, true},
      {"Yamada1980!", {"山田太郎"}, true},
      {"Tarou-Kx-77", {"山田太郎", "ヤマダ タロウ"}, true},
      {"xx太郎xx1", {"山田太郎"}, true},
      {"Smith-kx-77", {"Ann Smith"}, true},
      {"Planning-kx-77", {"Ann Smith"}, false},  // "ann" within another word
      {"Ann-kx-7755", {"Ann Smith"}, true},
      {"xkcd4nn77", {"Ann"}, false},
      {"4nn-xk-77", {"Ann"}, true},
      {"k.mueller-9", {"karl.mueller@acme.example"}, true},
      {"MUELLER", {"karl.müller@acme.example"}, false},
      {"müllerxx9", {"Karl MÜLLER"}, true},
      {"Acme-kx-2024", {"karl@acme.example"}, true},
      {"Bo-xk-77", {"Bo Li"}, false},
      {"Correct-Horse-7", {"root"}, false},
      {"host-web01-xx", {"web01"}, true},
      {"Tzqkwvrmpx1y", {"山田 太郎", "yamada", "yamada@acme.example", "acme"}, false},
  };
  for (const auto& each : cases) EXPECT_EQ(is_personal(each.password, each.personal), each.is_found) << each.password;
}

TEST(PasswordCheck, RefusesWhatPasswordsAreMadeOf) {
  for (const char* common : {"Password1234",
                             "P@ssw0rd2024!",
                             "passwordpassword1A",
                             "Qwertyuiop12",
                             "1qaz2wsx3edC",
                             "Summer2024!!!",
                             "Welcome12345",
                             "Administrator1",
                             "LetMeIn123456",
                             "ILoveYou12345",
                             "Aaaaaaaaaaa1",
                             "Abababababab1",
                             "Abcdefghijk1",
                             "zyxwvutsrqpo9A",
                             "1234567890123456",
                             "2024-2024-2024",
                             "さくらさくら2024",
                             "Sakura-Tokyo-1",
                             "ｐａｓｓｗｏｒｄ１２３４",
                             "Dragon.Monkey7",
                             "パスワード123456",
                             "drowssaP1234"}) {
    const bool is_backwards = std::string_view(common).starts_with("drow");
    EXPECT_EQ(known().common.make_up(common), !is_backwards) << common;
  }
  for (const char* fine : {"Correct-Horse-7", "Another-Horse-8", "Tzqkwvrmpx1y", "dragon monkey sunshine 7",
                           "7391 8264 5503 9917", "馬の耳に念仏を唱える7"}) {
    EXPECT_FALSE(known().common.make_up(fine)) << fine;
  }
}

TEST(PasswordCheck, HoldsPasswordsAgainstTheListsOfTheFolder) {
  const TemporaryDirectory folder;
  crypto::PasswordListBuilder builder;
  builder.add("tzqkwvrmpxlbdfg");
  ASSERT_TRUE(write_file_atomically(folder.path() / "breached.list", as_text(builder.finish())));
  const KnownWords words = KnownWords::load(folder.path()).value();
  EXPECT_EQ(broken_rules(rules_of("nist-63b-4"), "tzqkwvrmpxlbdfg", {}, words).size(), 1U);
  EXPECT_EQ(broken_rules(rules_of("nist-63b-4"), "TZQKWVRMPXLBDFG", {}, words).size(), 1U);
  EXPECT_EQ(broken_rules(rules_of("nist-63b-4"), "ｔｚｑｋｗｖｒｍｐｘｌｂｄｆｇ", {}, words).size(), 1U);
  EXPECT_EQ(broken_rules(rules_of("nist-63b-4"), "tzqkwvrmpxlbdfh", {}, words).size(), 0U);
  EXPECT_EQ(broken_rules(rules_of("seed-2018"), "Tzqkwvrmpxlbdfg1", {}, words).size(), 0U);
}

TEST(PasswordCheck, NamesTheFileThatIsWrong) {
  const TemporaryDirectory folder;
  ASSERT_TRUE(write_file_atomically(folder.path() / "breached.list", "something that is no list"));
  EXPECT_EQ(KnownWords::load(folder.path()).error().code, ErrorCode::Corrupt);
  ASSERT_TRUE(write_file_atomically(folder.path() / "common.txt", "one\ntwo words\n"));
  EXPECT_NE(KnownWords::load(folder.path()).error().message.find("common.txt: line 2"), std::string::npos);
}

TEST(PasswordCheck, NamesTheProductInNoProfile) {
  EXPECT_EQ(broken_rules(rules_of("nist-63b-4"), "my W4rder of old times", {}, {}).size(), 1U);
}

}  // namespace
}  // namespace warder::manager
