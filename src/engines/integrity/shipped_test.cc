// The rules in content/integrity, which policies name as packs, and what recommends them.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/json.h"
#include "engines/integrity/engine.h"

namespace warder::integrity {
namespace {

const std::filesystem::path kContent = std::filesystem::path(WARDER_SOURCE_DIR) / "content";

RuleSet shipped() {
  RuleSet all;
  for (const auto& entry : std::filesystem::directory_iterator(kContent / "integrity")) {
    if (entry.path().extension() != ".yaml") continue;
    RuleSet loaded = load_rules(read_file(entry.path(), 1 << 20).value(), {}).value();
    std::ranges::move(loaded.rules, std::back_inserter(all.rules));
  }
  return all;
}

TEST(ShippedRules, EachIsOfferedOnceUnderItsName) {
  std::multiset<std::string> ids;
  for (const Rule& rule : shipped().rules) ids.insert(rule.id);
  EXPECT_GT(ids.size(), 20U);
  std::multiset<std::string> offered;
  const auto file = parse_json(read_file(kContent / "recommendations/integrity.json", 1 << 20).value()).value();
  for (const auto& offer : file.at("offers").as_array()) offered.emplace(offer.at("id").as_string());
  EXPECT_EQ(ids, offered);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
}

TEST(ShippedRules, APolicyNamesThemAndAWrongNameIsToldWithItsPlace) {
  const RuleSet all = shipped();
  Policy policy;
  for (const Rule& rule : all.rules) policy.packs.push_back(rule.id);
  EXPECT_TRUE(compile(policy, all));
  policy.packs = {"ssh", "nginxx"};
  EXPECT_EQ(compile(policy, all).error(), (Error{ErrorCode::Invalid, "packs/1: there is no nginxx"}));
  policy.packs = {"ssh"};
  const auto rules = load_policy_rules(policy, all).value().rules;
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_EQ(rules[0].id, "ssh");
}

}  // namespace
}  // namespace warder::integrity
