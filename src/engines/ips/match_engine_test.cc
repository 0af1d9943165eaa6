#include "engines/ips/match_engine.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "engines/ips/rule_builder.h"

namespace warder::ips {
namespace {

bool matches(std::string_view options, std::string_view payload) {
  LoadContext context;
  const auto rule = RuleBuilder::build("alert udp any any -> any any (" + std::string(options) + " sid:1;)", context);
  EXPECT_TRUE(rule.has_value()) << options;
  MatchScratch scratch;
  return rule && match_items(rule->parts.at(0).items, as_bytes(payload), true, scratch);
}

TEST(MatchEngine, PlacesContents) {
  EXPECT_TRUE(matches(R"(content:"b"; offset:1; depth:1;)", "ab"));
  EXPECT_FALSE(matches(R"(content:"b"; offset:2;)", "ab"));
  EXPECT_TRUE(matches(R"(content:"a"; content:"c"; distance:1; within:1;)", "abc"));
  EXPECT_FALSE(matches(R"(content:"a"; content:"c"; distance:0; within:1;)", "abc"));
  EXPECT_TRUE(matches(R"(content:"AB"; nocase; startswith;)", "abc"));
  EXPECT_TRUE(matches(R"(content:"bc"; endswith;)", "abc"));
  EXPECT_FALSE(matches(R"(content:"bc"; endswith;)", "abcd"));
  EXPECT_TRUE(matches(R"(content:!"x";)", "abc"));
}

TEST(MatchEngine, TriesOtherOccurrences) {
  EXPECT_TRUE(matches(R"(content:"a"; content:"b"; distance:0; within:1;)", "axab"));
  EXPECT_TRUE(matches(R"(content:"a"; pcre:"/^b/R";)", "axab"));
}

TEST(MatchEngine, TriesOtherOccurrencesOnlyWhereTheyCanHelp) {
  EXPECT_TRUE(matches(R"(content:"a"; content:"b"; distance:0; content:"c"; distance:0; within:1;)", "axbxbc"));
  EXPECT_FALSE(matches(R"(content:"a"; content:"b"; distance:0; content:"c"; distance:0; within:1;)", "axbxbxc"));
  EXPECT_TRUE(matches(R"(content:"a"; content:!"z"; content:"c"; distance:0; within:1;)", "axac"));
  // 100,000 times "<" with a "." behind: each tried from each would be beyond all limits.
  const std::string many(100'000, '<');
  EXPECT_TRUE(matches(R"(content:"<"; content:"<"; distance:0; content:"."; distance:0; pcre:"/^x/R";)", many + "..x"));
}

TEST(MatchEngine, FindsWhereSearchingByteByByteDoes) {
  std::uint32_t state = 7;
  const auto letter = [&] {
    state = state * 1'103'515'245U + 12'345U;
    return "abAB.e"[(state >> 16U) % 6];
  };
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    std::string needle;
    for (int i = 0; i < 40; ++i) text += letter();
    for (int i = 0; i < 1 + round % 4; ++i) needle += letter();
    for (const bool is_nocase : {false, true}) {
      const auto lower = [&](const std::string& s) { return is_nocase ? to_lower_ascii(s) : s; };
      const std::size_t from = static_cast<std::size_t>(round) % 7;
      const std::size_t to = text.size() - static_cast<std::size_t>(round) % 5;
      const auto expected = lower(text).substr(0, to).find(lower(needle), from);
      EXPECT_EQ(find_bytes(as_bytes(text), from, to, as_bytes(lower(needle)), is_nocase), expected) << text << needle;
    }
  }
}

TEST(MatchEngine, ReadsNumbers) {
  EXPECT_TRUE(matches(R"(byte_test:2,=,258,0;)", "\x01\x02"));
  EXPECT_TRUE(matches(R"(byte_test:2,=,513,0,little;)", "\x01\x02"));
  EXPECT_TRUE(matches(R"(byte_jump:1,0; content:"x"; distance:0; within:1;)", "\x02..x"));
  EXPECT_TRUE(matches(R"(byte_extract:1,0,n; content:"x"; offset:n;)", "\x02.x"));
  EXPECT_FALSE(matches(R"(byte_extract:1,0,n; content:"x"; offset:n;)", "\x03.x"));
  EXPECT_TRUE(matches(R"(byte_math:bytes 1,offset 0,oper *,rvalue 2,result n; byte_test:1,=,n,1;)", "\x02\x04"));
  EXPECT_TRUE(matches(R"(content:"a"; isdataat:!1,relative;)", "xa"));
}

TEST(MatchEngine, DecodesBase64) {
  EXPECT_TRUE(matches(R"(base64_decode:bytes 8; base64_data; content:"abcdef";)", "YWJjZGVm"));
}

}  // namespace
}  // namespace warder::ips
