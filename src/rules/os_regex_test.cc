#include <gtest/gtest.h>

#include "rules/pattern.h"

namespace warder::rules {
namespace {

TEST(OsRegex, IsWrittenAsPcre2) {
  const struct {
    const char* text;
    const char* pcre2;
  } cases[] = {
      {"abc", "abc"},
      {R"(^\d+ \w)", "^[0-9]+? [A-Za-z0-9@_-]"},
      {R"((\S+))", "([^ ]+)"},
      {R"((\S+) from (\S+)$)", R"(([^ ]+?) from ([^ ]+)(?!\n)$)"},
      {R"(a.b[c]{d}+?*)", R"(a\.b\[c\]\{d\}\+\?\*)"},
      {R"(x\.*y|\.*)", "x(?s:.)*?y|(?s:.)*"},
      {R"(\(a\)\|\$\<\\)", R"(\(a\)\|\$\<\\)"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto made = os_regex_to_pcre2(c.text);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    EXPECT_EQ(*made, c.pcre2);
  }
}

TEST(OsRegex, RefusesWhatTheLanguageDoesNotHave) {
  EXPECT_EQ(os_regex_to_pcre2(R"(ab\x)").error().message, R"(regex: at 2: there is no \x)");
  EXPECT_EQ(os_regex_to_pcre2("ab\\").error().message, "regex: at 2: a backslash at the end");
}

TEST(OsRegex, SpaceIsOneSpaceAndNotATab) {
  const auto pattern = Pattern::compile(PatternLanguage::OsRegex, R"(a\sb)");
  ASSERT_TRUE(pattern.has_value());
  EXPECT_TRUE(pattern->matches("A b"));
  EXPECT_FALSE(pattern->matches("a\tb"));
}

}  // namespace
}  // namespace warder::rules
