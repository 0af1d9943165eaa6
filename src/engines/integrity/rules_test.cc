#include "engines/integrity/rules.h"

#include <gtest/gtest.h>

#include "engines/integrity/key_pattern.h"
#include "engines/integrity/rule_xml.h"

namespace warder::integrity {
namespace {

TEST(KeyPattern, MatchesSectionBySection) {
  struct Case {
    const char* pattern;
    const char* key;
    bool is_match;
  };
  for (const Case& c : std::vector<Case>{
           {"*.conf", "a.conf", true},
           {"*.conf", "d/a.conf", false},
           {"**/*.conf", "a.conf", true},
           {"**/*.conf", "d/e/a.conf", true},
           {"**", "", true},
           {"**", "a/b", true},
           {"*", "", false},
           {"a?c/123/*.java", "abc/123/t.java", true},
           {"a?c/**/*.java", "abc/1/2/t.java", true},
           {"a?c/**/*.java", "abc/t.java", true},
           {"d/", "d/x/y", true},
           {"d/**", "d", true},
           {"d/**", "dd", false},
           {"**.exe", "a/b/c.exe", true},
           {"x**y", "xy", true},
           {"x**y", "x1/2/3y", true},
           {"/lead/*", "lead/a", true},
           {"?", "\xc3\xa4", true},
           {"lit\\*", "lit*", true},
           {"lit\\*", "litx", false},
           {"*a*b*", "xxaxxbxx", true},
           {"*a*b*", "xxbxxaxx", false},
       }) {
    SCOPED_TRACE(std::string(c.pattern) + " on " + c.key);
    const auto patterns = KeyPattern::create(c.pattern);
    ASSERT_TRUE(patterns);
    bool is_match = false;
    for (const KeyPattern& each : *patterns) is_match = is_match || each.matches(c.key);
    EXPECT_EQ(is_match, c.is_match);
  }
}

RuleSet load(std::string_view text) {
  RuleDefaults defaults;
  defaults.variables["env.NAME"] = "value";
  auto rules = load_rules(text, defaults);
  EXPECT_TRUE(rules) << (rules ? "" : rules.error().message);
  return rules ? std::move(*rules) : RuleSet{};
}

TEST(Rules, ABareSetIsARule) {
  const RuleSet rules = load(
      "<?xml version=\"1.0\"?>\n<FileSet base=\"/etc/${env.NAME}/\" onChange=\"true\">"
      "<include key=\"**/*.conf\" executable=\"false\"/><exclude key=\"tmp/**\"/></FileSet>");
  ASSERT_EQ(rules.rules.size(), 1U);
  const EntitySet& set = rules.rules[0].sets.at(0);
  EXPECT_EQ(set.base, "/etc/value");
  EXPECT_EQ(set.on_change, true);
  EXPECT_FALSE(set.follow_links);
  EXPECT_EQ(set.includes.at(0).key, "**/*.conf");
  EXPECT_EQ(set.includes.at(0).features.at("executable"), "false");
  EXPECT_EQ(set.attributes, kFileStandard);
}

TEST(Rules, XmlAndYamlSayTheSame) {
  const RuleSet xml = load(R"(<rules><rule id="a" name="A" severity="high">
    <FileSet base="/etc"><attributes><CONTENTS/><Permissions/><Sha1/></attributes><include key="x"/></FileSet>
    <UserSet><attributes/><include key="*"/><exclude disabled="true"/></UserSet></rule>
    <rule id="b"><DirectorySet base="/srv" followLinks="true"/></rule></rules>)");
  const RuleSet yaml = load(R"(
rules:
  - id: a
    name: A
    severity: high
    sets:
      - FileSet: {base: /etc, attributes: [CONTENTS, permissions, sha1], include: [x]}
      - UserSet: {attributes: [], include: ["*"], exclude: [{disabled: "true"}]}
  - id: b
    DirectorySet: {base: /srv, follow_links: true}
)");
  EXPECT_EQ(to_xml(xml), to_xml(yaml));
  EXPECT_EQ(to_xml(load(to_xml(xml))), to_xml(xml));
}

TEST(Rules, RefusesWithThePlace) {
  struct Case {
    const char* text;
    const char* message;
  };
  for (const Case& c : std::vector<Case>{
           {"", "rules: the file is empty"},
           {"<FileSet/>", "line 1: FileSet: base is missing"},
           {"<FileSet base=\"etc\"/>", "rules: rule rule: FileSet: base: not an absolute path"},
           {"<RegistryKeySet base=\"x\"/>", "line 1: RegistryKeySet: no such entity set on this system"},
           {"<FileSet base=\"/a\">\n<attributes><colour/></attributes></FileSet>",
            "line 2: colour: attribute colour: not known of a FileSet"},
           {"<FileSet base=\"/${x}\"/>", "line 1: FileSet base: ${x}: no such variable on this system"},
           {"<FileSet base=\"/a\" onChange=\"maybe\"/>",
            "line 1: FileSet onChange: \"maybe\" is neither true nor false"},
           {"<!DOCTYPE a><a/>", "rules: line 1: StartTag: invalid element name"},
           {"rules:\n  - id: a\n    colour: red\n", "rules: line 3: colour: not known of a rule"},
           {"rules: [", "rules: line 1: end of sequence flow not found"},
           {"[]", "rules: there is no rule in it"},
       }) {
    SCOPED_TRACE(c.text);
    const auto rules = load_rules(c.text, {});
    ASSERT_FALSE(rules);
    EXPECT_EQ(rules.error().message, c.message);
  }
}

}  // namespace
}  // namespace warder::integrity
