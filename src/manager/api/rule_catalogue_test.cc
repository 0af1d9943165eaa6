#include "manager/api/rule_catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace warder::manager {
namespace {

TEST(RuleCatalogue, HasTheRulesOfEachModule) {
  const RuleCatalogue catalogue = read_rule_catalogue(WARDER_CONTENT).value();
  for (const char* module : {"log-inspection", "ips", "integrity"}) {
    SCOPED_TRACE(module);
    const auto count = std::ranges::count(catalogue.rules, module, &ListedRule::module);
    EXPECT_GT(count, 10);
    std::size_t in_packs = 0;
    for (const ListedPack& pack : catalogue.packs)
      if (pack.module == module) in_packs += pack.rules;
    EXPECT_EQ(static_cast<std::size_t>(count), in_packs);
  }
  EXPECT_TRUE(read_rule_catalogue("no-such-folder").value().rules.empty());
}

TEST(RuleCatalogue, KnowsWhatTheAuthorsWrote) {
  const RuleCatalogue catalogue = read_rule_catalogue(WARDER_CONTENT).value();
  for (const ListedRule& rule : catalogue.rules) {
    SCOPED_TRACE(rule.module + " " + rule.id);
    EXPECT_NE(rule.origin.text.find(rule.id.substr(rule.id.find(':') + 1)), std::string::npos);
    EXPECT_FALSE(rule.origin.file.empty());
    ASSERT_NE(find_pack(catalogue, rule), nullptr);
    EXPECT_EQ(find_rule(catalogue, rule.module, rule.id)->id, rule.id);
  }
  EXPECT_EQ(find_rule(catalogue, "ips", "1:1"), nullptr);
  EXPECT_EQ(find_rule(catalogue, "integrity", "710101"), nullptr);
}

TEST(RuleCatalogue, IsSearchedByWordsAndTechniques) {
  const ListedRule rule{"log-inspection", "710101", "sshd: failed login", "sshd", "low", 5, {"T1110.001"}, {}, {}};
  const std::vector<std::pair<RuleFilter, bool>> cases{
      {{}, true},
      {{"ips", "", "", ""}, false},
      {{"", "sshd", "", ""}, true},
      {{"", "pam", "", ""}, false},
      {{"", "", "T1110", ""}, true},
      {{"", "", "T1110.001", ""}, true},
      {{"", "", "T111", ""}, false},
      {{"", "", "", "LOGIN failed"}, true},
      {{"", "", "", "t1110 7101"}, true},
      {{"", "", "", "login telnet"}, false},
  };
  for (const auto& [filter, expected] : cases) {
    SCOPED_TRACE(filter.module + "|" + filter.pack + "|" + filter.technique + "|" + filter.search);
    EXPECT_EQ(matches(rule, filter), expected);
  }
}

}  // namespace
}  // namespace warder::manager
