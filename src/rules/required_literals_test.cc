#include "rules/required_literals.h"

#include <gtest/gtest.h>

#include "rules/pattern.h"

namespace warder::rules {
namespace {

using Strings = std::vector<std::string>;

TEST(RequiredLiterals, AreFoundWhereTheyAreCertain) {
  const struct {
    const char* expression;
    Strings literals;  // empty: none
  } cases[] = {
      {"Failed password", {"failed password"}},
      {"^Failed|^error:", {"error:", "failed"}},
      {"(?:abc|def)ghi", {"abcghi", "defghi"}},
      {"abc.*defg", {"defg"}},
      {"[Ff]ailed", {"failed"}},
      {R"(user=(\S+) from)", {"user="}},
      {R"(a\.b\[c\])", {"a.b[c]"}},
      {"colou?r", {"color", "colour"}},
      {"abc+def", {"def"}},
      {"abcd(efg)*", {"abcd"}},
      {"(?i)Abc", {"abc"}},
      {"abc(?!def)ghi", {"abcghi"}},
      {"x{3}yz1", {"yz1"}},
      {"abc|.", {}},
      {"ab", {}},
      {R"(\d+)", {}},
      {"(abc)?", {}},
      {"[^a]bcd", {"bcd"}},
      {"[a-z]bcd", {"bcd"}},
      {"[]a]bcd", {"]bcd", "abcd"}},
      {R"(\Qabc\E)", {}},
      {"(?x)a b c", {}},
      {"(?P<name>abc)d", {"abcd"}},
      {"a{,3}bcd", {"a{,3}bcd"}},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.expression);
    EXPECT_EQ(required_literals(c.expression).value_or(Strings{}), c.literals);
  }
}

}  // namespace
}  // namespace warder::rules
