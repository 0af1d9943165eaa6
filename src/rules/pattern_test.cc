#include "rules/pattern.h"

#include <gtest/gtest.h>

namespace warder::rules {
namespace {

Pattern compiled(PatternLanguage language, std::string_view text) {
  auto pattern = Pattern::compile(language, text);
  EXPECT_TRUE(pattern.has_value()) << (pattern ? "" : pattern.error().message);
  return std::move(*pattern);
}

TEST(Pattern, MatchTakesLiteralsWithAnchors) {
  const struct {
    const char* pattern;
    const char* subject;
    bool matches;
  } cases[] = {
      {"failed", "Login FAILED for x", true},
      {"^login", "Login failed", true},
      {"^failed", "Login failed", false},
      {"failed$", "login Failed", true},
      {"login$", "login failed", false},
      {"^login$", "LOGIN", true},
      {"^login$", "login ", false},
      {"a.c", "abc", false},
      {"no|yes", "oh yes", true},
      {"^no|^yes", "oh yes", false},
      {"a+(b)\\d", "xA+(B)\\Dy", true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(std::string(c.pattern) + " on " + c.subject);
    EXPECT_EQ(compiled(PatternLanguage::OsMatch, c.pattern).matches(c.subject), c.matches);
  }
}

TEST(Pattern, GivesGroupsAndWhereTheMatchEnds) {
  const Pattern pattern = compiled(PatternLanguage::OsRegex, R"(^for (\S+) from (\S+) )");
  Captures captures;
  ASSERT_TRUE(pattern.match("for bob from 192.0.2.1 port 22", captures));
  ASSERT_EQ(captures.groups().size(), 2U);
  EXPECT_EQ(captures.groups()[0], "bob");
  EXPECT_EQ(captures.groups()[1], "192.0.2.1");
  EXPECT_EQ(captures.end(), 23U);
}

TEST(Pattern, AGroupThatTookNoPartHasNoData) {
  const Pattern pattern = compiled(PatternLanguage::Pcre2, R"((?:user (\w+)|host (\w+)) (\d+))");
  Captures captures;
  ASSERT_TRUE(pattern.match("host web 7", captures));
  ASSERT_EQ(captures.groups().size(), 3U);
  EXPECT_EQ(captures.groups()[0].data(), nullptr);
  EXPECT_EQ(captures.groups()[1], "web");
  EXPECT_EQ(captures.groups()[2], "7");
}

TEST(Pattern, Pcre2MindsCaseUnlessToldNotTo) {
  EXPECT_FALSE(compiled(PatternLanguage::Pcre2, "error").matches("ERROR"));
  EXPECT_TRUE(compiled(PatternLanguage::Pcre2, "(?i)error").matches("ERROR"));
}

TEST(Pattern, CatastrophicPatternsEndWithoutAMatch) {
  const std::string subject(60, 'a');
  for (const char* text : {"^(a+)+$", "^(a|aa)+$", "^(a|a?)+$", R"(^(.*a){25}$)"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(compiled(PatternLanguage::Pcre2, text).matches(subject + "!"));
  }
}

TEST(Pattern, AnEmptyMatchFitsEverything) {
  EXPECT_TRUE(compiled(PatternLanguage::OsMatch, "").matches("any"));
  EXPECT_TRUE(compiled(PatternLanguage::OsMatch, "").matches(""));
}

TEST(Pattern, NamesThePlaceOfAnError) {
  const auto bad = Pattern::compile(PatternLanguage::Pcre2, "ab(cd");
  ASSERT_FALSE(bad.has_value());
  EXPECT_EQ(bad.error().message, "pattern: at 5: missing closing parenthesis");
  EXPECT_FALSE(Pattern::compile(PatternLanguage::OsRegex, "").has_value());
}

}  // namespace
}  // namespace warder::rules
