#include "rules/xml.h"

#include <gtest/gtest.h>

namespace warder::rules {
namespace {

XmlElement only_root(std::string_view text) {
  auto roots = parse_rule_xml(text);
  EXPECT_TRUE(roots.has_value()) << (roots ? "" : roots.error().message);
  if (!roots || roots->size() != 1) return {};
  return std::move(roots->front());
}

TEST(RuleXml, KeepsSeveralRoots) {
  const auto roots = parse_rule_xml("<group name=\"a\"></group>\ntext\n<group name='b'/>");
  ASSERT_TRUE(roots.has_value());
  ASSERT_EQ(roots->size(), 2U);
  EXPECT_EQ(*roots->at(1).attribute("name"), "b");
  EXPECT_EQ(roots->at(1).line, 3U);
}

TEST(RuleXml, TakesMarkupCharactersAsText) {
  EXPECT_EQ(only_root("<match>a & b > c</match>").text, "a & b > c");
}

TEST(RuleXml, BackslashKeepsAngleBracketFromOpeningATag) {
  EXPECT_EQ(only_root(R"(<regex>from \<(\S+)></regex>)").text, R"(from \<(\S+)>)");
}

TEST(RuleXml, TwoBackslashesDoNotEscapeTheClosingTag) {
  EXPECT_EQ(only_root(R"(<field>E:\\</field>)").text, R"(E:\\)");
}

TEST(RuleXml, SkipsBothKindsOfComment) {
  EXPECT_EQ(only_root("<a>x<!-- <b> -->y<!old !>z</a>").text, "xyz");
}

TEST(RuleXml, TextIsWhatFollowsTheLastChild) {
  const auto root = only_root("<rule> before <id>1</id> after</rule>");
  EXPECT_EQ(root.text, " after");
  ASSERT_EQ(root.children.size(), 1U);
  EXPECT_EQ(root.children[0].text, "1");
}

TEST(RuleXml, NamesTheLineOfWhatIsWrong) {
  const struct {
    const char* name;
    const char* text;
    const char* error;
  } cases[] = {
      {"not closed", "<a>\n<b>\n", "line 2: <b> is not closed"},
      {"wrong closing tag", "<a>\n</b>", "line 2: </b> closes <a> of line 1"},
      {"closing only", "\n</a>", "line 2: a closing tag without its opening tag"},
      {"comment", "<a>\n<!-- ", "line 2: comment is not closed"},
      {"attribute without value", "<a b>", "line 1: attribute 'b' has no value"},
      {"attribute twice", "<a b=\"1\" b=\"2\"/>", "line 1: attribute 'b' is there twice"},
      {"attribute without quote", "<a b=1/>", "line 1: attribute 'b' is not followed by a quote"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const auto roots = parse_rule_xml(c.text);
    ASSERT_FALSE(roots.has_value());
    EXPECT_EQ(roots.error().message, c.error);
  }
}

TEST(RuleXml, StopsAtItsDepth) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "<a>";
  const auto roots = parse_rule_xml(text);
  ASSERT_FALSE(roots.has_value());
  EXPECT_EQ(roots.error().message, "line 1: more than 16 levels");
}

TEST(RuleXml, PutsVariablesIntoTextsAndAttributes) {
  auto roots = parse_rule_xml(
      "<var name=\"BAD\">fail|error</var><rule n=\"$BAD\"><match>$BAD|^x$</match><match>$other</match></rule>");
  ASSERT_TRUE(roots.has_value());
  ASSERT_TRUE(substitute_variables(*roots).has_value());
  ASSERT_EQ(roots->size(), 1U);
  EXPECT_EQ(*roots->front().attribute("n"), "fail|error");
  EXPECT_EQ(roots->front().children[0].text, "fail|error|^x$");
  EXPECT_EQ(roots->front().children[1].text, "$other");
}

}  // namespace
}  // namespace warder::rules
