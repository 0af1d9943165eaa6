#include "engines/loginspection/rule_packs.h"

#include <gtest/gtest.h>

namespace warder::loginspection {
namespace {

TEST(RulePacks, SamplesHaveSignsCountsAndFields) {
  const auto all = parse_samples("# c\n[7]\n=8 a b\n+ c\n  srcip=192.0.2.1\n\n- d\n[8]\n+ e\n");
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 2U);
  const auto& first = (*all)[0].samples;
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first[0].repeat, 8U);
  EXPECT_FALSE(first[0].is_judged);
  EXPECT_EQ(first[0].line, "a b");
  EXPECT_EQ(first[1].fields.at(0).second, "192.0.2.1");
  EXPECT_TRUE(first[2].is_negative);
}

TEST(RulePacks, SamplesThatCannotBeReadNameTheLine) {
  for (const std::string_view text : {"[7]\nx y", "+ a", "[x]\n", "[7]\n=0 a", "[7]\n  a=b", "[7]\n+"}) {
    SCOPED_TRACE(text);
    const auto all = parse_samples(text);
    ASSERT_FALSE(all);
    EXPECT_NE(all.error().message.find("line "), std::string::npos);
  }
}

RulePack pack(std::string name, std::vector<std::string> requires_packs, FitsHosts fits = {}) {
  RulePack made;
  made.name = std::move(name);
  made.requires_packs = std::move(requires_packs);
  made.fits = std::move(fits);
  return made;
}

TEST(RulePacks, WhatIsRequiredComesAlong) {
  const std::vector<RulePack> packs{pack("json", {}), pack("kubernetes", {"json"}), pack("sshd", {})};
  const std::vector<std::string> wanted{"kubernetes"};
  const auto chosen = choose_packs(packs, wanted);
  ASSERT_TRUE(chosen);
  ASSERT_EQ(chosen->size(), 2U);
  EXPECT_EQ((*chosen)[0]->name, "json");
  EXPECT_EQ(choose_packs(packs, {})->size(), 3U);
  const std::vector<std::string> unknown{"x"};
  EXPECT_EQ(choose_packs(packs, unknown).error().code, ErrorCode::NotFound);
}

TEST(RulePacks, AreRecommendedForWhatAHostHas) {
  const std::vector<RulePack> packs{pack("pam", {}, {true, {}, {}, {}}),
                                    pack("sshd", {}, {false, {"openssh-server"}, {}, {}}),
                                    pack("postgresql", {}, {false, {"postgresql-*"}, {}, {}}),
                                    pack("nginx", {}, {false, {}, {"nginx.service"}, {"/etc/nginx"}})};
  HostFacts facts;
  facts.packages = {"postgresql-15", "bash"};
  facts.paths = {"/etc/nginx"};
  const auto fitting = recommend(packs, facts);
  ASSERT_EQ(fitting.size(), 3U);
  EXPECT_EQ(fitting[0].reason, "every host");
  EXPECT_EQ(fitting[1].reason, "package postgresql-*");
  EXPECT_EQ(fitting[2].reason, "path /etc/nginx");
}

TEST(RulePacks, TextsOfOneDialectOnly) {
  RulePack ossec = pack("a", {});
  ossec.dialect = Dialect::Ossec;
  ossec.rules = {{"a/rules.xml", "<group/>"}};
  RulePack wazuh = pack("b", {});
  wazuh.rules = {{"b/rules.xml", "<group/>"}};
  const std::vector<const RulePack*> both{&ossec, &wazuh};
  const Definition definition = define(both, Dialect::Wazuh);
  ASSERT_EQ(definition.rules.size(), 1U);
  EXPECT_EQ(definition.rules[0].name, "b/rules.xml");
}

}  // namespace
}  // namespace warder::loginspection
