#include "engines/loginspection/image.h"

#include <gtest/gtest.h>

namespace warder::loginspection {
namespace {

Definition definition() {
  Definition made;
  made.dialect = Dialect::Wazuh;
  made.decoders = {{"decoders.xml", R"(
<decoder name="shop"><program_name>^shop</program_name></decoder>
<decoder name="shop-login"><parent>shop</parent><prematch>^login </prematch>
  <regex offset="after_prematch">^(\w+) for (\S+) from (\S+)</regex><order>status, user, srcip</order>
  <fts>name, user</fts></decoder>
<decoder name="json"><prematch>^{\s*"</prematch><plugin_decoder>JSON_Decoder</plugin_decoder></decoder>)"}};
  made.rules = {{"rules.xml", R"(
<group name="syslog,"><rule id="1" level="0" noalert="1"><category>syslog</category><description>All.</description></rule>
<rule id="100" level="3"><decoded_as>shop</decoded_as><description>Shop $(dstuser).</description></rule>
<rule id="101" level="5"><if_sid>100</if_sid><match>failed|bad</match><description>Failed.</description>
  <mitre><id>T1110</id></mitre><info type="link">x</info></rule>
<rule id="102" level="6"><if_sid>100</if_sid><srcip>!198.51.100.0/24</srcip><list field="user" lookup="match_key">etc/lists/bad</list>
  <description>Listed.</description></rule>
<rule id="103" level="10" frequency="3" timeframe="60" ignore="5"><if_matched_sid>101</if_matched_sid><same_source_ip/>
  <description>Many.</description></rule>
<rule id="104" level="4"><decoded_as>json</decoded_as><field name="what.kind" type="pcre2" negate="yes">^a+$</field>
  <compiled_rule>is_simple_http_request</compiled_rule><description>Kind.</description></rule>
<rule id="105" level="8"><if_sid>100</if_sid><match>night</match><time>10 pm - 6 am</time><weekday>weekdays</weekday>
  <description>Night.</description></rule></group>)"}};
  made.lists = {{"etc/lists/bad", "eve:1\nmallory:2\n"}};
  made.sigma = {{"sigma.yml", R"(
title: Shop by eve
id: 11111111-1111-1111-1111-111111111111
author: Somebody
logsource: {product: linux, service: shop}
detection: {sel: {user: eve}, words: ['login'], condition: sel and words}
level: high)"}};
  return made;
}

const std::vector<std::string>& lines() {
  static const std::vector<std::string> kLines = [] {
    std::vector<std::string> made;
    for (const char* user : {"bob", "eve", "bob", "bob", "mallory"}) {
      for (const char* how : {"failed", "ok", "night"}) {
        made.push_back(std::string("Nov 25 10:00:01 web shop[3]: login ") + how + " for " + user + " from 192.0.2.1");
      }
    }
    made.emplace_back(R"({"what": {"kind": "b"}, "url": "/x"})");
    made.emplace_back(R"({"what": {"kind": "aa"}, "url": "/x"})");
    made.emplace_back("nothing at all");
    return made;
  }();
  return kLines;
}

std::string answers(const std::shared_ptr<const Compiled>& compiled) {
  Engine engine(compiled);
  std::string all;
  Timestamp now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 25} + std::chrono::hours{23}};
  for (const auto& line : lines()) {
    const Finding& finding = engine.inspect({line, "test", "here", now, 0});
    now += std::chrono::seconds(1);
    all += std::string(finding.decoder) + '|' + (finding.rule == nullptr ? "-" : std::to_string(finding.rule->id)) +
           '|' + std::string(finding.description) + '|' + (finding.is_alert ? "alert" : "") + '|';
    for (const Field& field : finding.fields) all.append(field.name).append("=").append(field.value).append(",");
    for (const SigmaMatch& match : finding.sigma) all += match.rule->title;
    all += '\n';
  }
  return all;
}

TEST(LogImage, AnswersAsTheTextsDo) {
  const auto compiled = compile(definition());
  ASSERT_TRUE(compiled) << compiled.error().message;
  const std::string image = save_image(**compiled, source_of(definition()));
  const auto loaded = load_image(as_bytes(image), source_of(definition()));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(answers(*loaded), answers(*compiled));
  EXPECT_NE(answers(*loaded).find("|103|"), std::string::npos);
  EXPECT_NE(answers(*loaded).find("Shop by eve"), std::string::npos);
  EXPECT_EQ(rule_count(**loaded), rule_count(**compiled));
  EXPECT_TRUE(save_image(**loaded, "x") == save_image(**compiled, "x"));
  EXPECT_EQ(image_source(as_bytes(image)).value(), source_of(definition()));
}

TEST(LogImage, IsOfOneText) {
  const auto compiled = compile(definition());
  ASSERT_TRUE(compiled);
  const std::string image = save_image(**compiled, source_of(definition()));
  Definition other = definition();
  other.rules[0].text += " ";
  EXPECT_EQ(load_image(as_bytes(image), source_of(other)).error().code, ErrorCode::Conflict);
  other = definition();
  other.dialect = Dialect::Ossec;
  EXPECT_NE(source_of(other), source_of(definition()));
}

TEST(LogImage, RefusesEveryDamage) {
  const auto compiled = compile(definition());
  ASSERT_TRUE(compiled);
  const std::string image = save_image(**compiled, "s");
  for (std::size_t size = 0; size < image.size(); size += 1 + image.size() / 200) {
    EXPECT_FALSE(load_image(as_bytes(std::string_view(image).substr(0, size)), "s")) << size;
  }
  for (std::size_t at = 0; at < image.size(); at += 1 + image.size() / 200) {
    std::string damaged = image;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    EXPECT_FALSE(load_image(as_bytes(damaged), "s")) << at;
  }
}

}  // namespace
}  // namespace warder::loginspection
