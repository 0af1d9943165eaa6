#include "manager/api/rule_text.h"

#include <gtest/gtest.h>

namespace warder::manager {
namespace {

TEST(RuleText, CutsTheElementOfALine) {
  constexpr std::string_view kText =
      "<group name=\"a,\">\n  <rule id=\"1\" level=\"3\">\n    <match>x</match>\n  </rule>\n\n  <rule id=\"2\" "
      "level=\"0\"><match>y</match></rule>\n</group>\n";
  EXPECT_EQ(xml_rule_at(kText, 2), "<rule id=\"1\" level=\"3\">\n  <match>x</match>\n</rule>");
  EXPECT_EQ(xml_rule_at(kText, 6), "<rule id=\"2\" level=\"0\"><match>y</match></rule>");
  for (const std::size_t line : {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{99}})
    EXPECT_EQ(xml_rule_at(kText, line), "") << line;
  EXPECT_EQ(xml_rule_at("<rule id=\"1\">\n<match>", 1), "");
}

TEST(RuleText, FindsARuleByItsSid) {
  constexpr std::string_view kText =
      "# alert ip any any -> any any (msg:\"off\"; sid:7;)\nalert tcp any any -> any any (msg:\"a; sid:9;\"; sid:71;)\n"
      "drop tcp any any -> any any \\\n  (sid: 7; rev:1;)\n";
  EXPECT_EQ(suricata_rule(kText, "7"), "drop tcp any any -> any any \\\n  (sid: 7; rev:1;)");
  EXPECT_EQ(suricata_rule(kText, "71"), "alert tcp any any -> any any (msg:\"a; sid:9;\"; sid:71;)");
  EXPECT_EQ(suricata_rule(kText, "1"), "");
}

TEST(RuleText, CutsTheItemOfAnId) {
  constexpr std::string_view kText =
      "rules:\n  - id: a\n    sets:\n      - FileSet: {base: /a}\n\n  - id: ab\n    name: AB\nother: 1\n";
  EXPECT_EQ(yaml_rule(kText, "a"), "- id: a\n  sets:\n    - FileSet: {base: /a}");
  EXPECT_EQ(yaml_rule(kText, "ab"), "- id: ab\n  name: AB");
  EXPECT_EQ(yaml_rule(kText, "b"), "");
}

TEST(RuleText, ListsReferences) {
  EXPECT_EQ(suricata_references("alert (reference:cve,2021-44228; reference:url,example.com/a; reference:md5,00;)"),
            (std::vector<std::string>{"https://example.com/a", "md5 00"}));
  EXPECT_TRUE(suricata_references("alert (sid:1;)").empty());
}

}  // namespace
}  // namespace warder::manager
