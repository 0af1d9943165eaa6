#include "engines/ips/rule_loader.h"

#include <gtest/gtest.h>

namespace warder::ips {
namespace {

Result<Rule> build(std::string_view text) {
  LoadContext context;
  return RuleBuilder::build(text, context);
}

TEST(RuleBuilder, ReadsWhatTheFieldWrites) {
  for (
      const std::string_view text : {
          R"(alert tcp any any -> any 80 (msg:"a\;b"; content:"GET|20|"; depth:4; nocase; sid:1; rev:2;))",
          R"(alert tcp $EXTERNAL_NET any -> [$HOME_NET,!10.0.0.1] [1024:,!6000] (flow:established; pcre:"/x\/y;/Ri"; sid:1;))",
          R"(alert udp any any <> any 53 (byte_test:2,&,0x8000,2; byte_jump:1,12,relative; isdataat:!1,relative; sid:1;))",
          R"(alert tcp any any -> any any (byte_extract:1,0,len; content:"x"; offset:len; within:len; sid:1;))",
          R"(alert tcp ( content:"abc",nocase,offset 3; sid:1; ))",
          R"(drop ip [192.0.2.0/24,198.51.100.7] any -> $HOME_NET any (threshold:type limit,track by_src,count 1,seconds 60; sid:1;))",
          R"(alert tcp any any -> any any (flowbits:set,a; flowbits:noalert; flowint:n,+,1; xbits:set,b,track ip_src,expire 10; sid:1;))",
          R"(alert tcp any any -> any 135 (flow:established; dce_opnum:"15,18-20"; dce_stub_data; content:"x"; sid:1;))",
          R"(alert pkthdr any any -> any any (decode-event:ipv4.trunc_pkt; sid:1;))",
      }) {
    const auto rule = build(text);
    EXPECT_TRUE(rule.has_value()) << text << "\n" << (rule ? "" : rule.error().message);
  }
}

TEST(RuleBuilder, SaysWhatIsWrong) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"alert tcp any any -> any any (content:\"a\"; zork:1; sid:1;)", "unknown keyword \"zork\""},
      {"alert tcp any any -> any any (content:\"a\";)", "no sid"},
      {"alert tcp any any -> $NOWHERE any (sid:1;)", "variable $NOWHERE is not set"},
      {"alert tcp any any -> any any (content:\"|0|\"; sid:1;)", "odd number"},
      {"alert tcp any any -> any any (nocase; sid:1;)", "no content before it"},
      {"alert tcp any any -> any any (pcre:\"/(/\"; sid:1;)", "at character"},
      {"alert zork any any -> any any (sid:1;)", "unknown protocol"},
  };
  for (const auto& [text, wanted] : cases) {
    const auto rule = build(text);
    ASSERT_FALSE(rule.has_value()) << text;
    EXPECT_NE(rule.error().message.find(wanted), std::string::npos) << rule.error().message;
  }
}

TEST(RuleLoader, KeepsTheRestAndNamesThePlace) {
  LoadContext context;
  RuleLoader loader(context);
  loader.add("a.rules",
             "# a comment\nalert tcp any any -> any any (sid:1;)\nalert tcp any any -> any any (zork; sid:2;)\n",
             nullptr);
  const auto loaded = std::move(loader).finish();
  EXPECT_EQ(loaded.rules.size(), 1U);
  ASSERT_EQ(loaded.skipped.size(), 1U);
  EXPECT_EQ(loaded.skipped[0].line, 3U);
  EXPECT_EQ(loaded.skipped[0].sid, 2U);
}

}  // namespace
}  // namespace warder::ips
