// Cases as text, the packets made of them, and the packs that Warder ships.
#include <gtest/gtest.h>

#include <algorithm>

#include "engines/ips/case_frames.h"
#include "engines/ips/case_run.h"
#include "engines/ips/rule_index.h"

namespace warder::ips {
namespace {

TEST(Cases, AreReadAndChanged) {
  const auto cases = parse_cases(R"([7]
+ attack
@ port=8080 times=2
> POST /a HTTP/1.1
> Content-Length: *
>
>| body\x41
< HTTP/1.1 200 OK
~ chunks = chunked=3
~ all of it = percent query=b=1 header=X:_y
- harmless
> GET / HTTP/1.1
>
)");
  ASSERT_TRUE(cases) << cases.error().message;
  ASSERT_EQ(cases->size(), 1U);
  const auto& all = cases->front().cases;
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].times, 2U);
  EXPECT_EQ(all[0].port, 8080);
  EXPECT_EQ(all[0].messages[0].bytes, "POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nbodyA");
  EXPECT_EQ(all[1].messages[0].bytes,
            "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nbod\r\n2\r\nyA\r\n0\r\n\r\n");
  EXPECT_EQ(all[1].messages.size(), 2U);
  EXPECT_EQ(all[2].messages[0].bytes, "POST /%61?b=1 HTTP/1.1\r\nX: y\r\nContent-Length: 5\r\n\r\nbodyA");
  EXPECT_EQ(all[3].kind, CaseKind::Negative);
}

TEST(Cases, NameTheLineThatIsWrong) {
  const struct {
    std::string_view text;
    std::string_view message;
  } kWrong[] = {
      {"+ first", "line 1: [SID]"},
      {"[x]", "line 1: give the sid"},
      {"[1]\n> a", "line 2: + ~ or -"},
      {"[1]\n+ a\n> \\q", "line 3: write"},
      {"[1]\n~ a = upper", "line 2: there is no"},
      {"[1]\n+ a\n> x\n~ b = upper", "line 4: only a whole"},
  };
  for (const auto& wrong : kWrong) {
    SCOPED_TRACE(wrong.text);
    const auto cases = parse_cases(wrong.text);
    ASSERT_FALSE(cases);
    EXPECT_TRUE(cases.error().message.starts_with(wrong.message)) << cases.error().message;
  }
}

RulePack pack_of(std::string rules, std::string cases) {
  RulePack pack;
  pack.name = "test";
  pack.rules.push_back({"test.rules", std::move(rules)});
  pack.cases.push_back({"test.cases", std::move(cases)});
  return pack;
}

TEST(CaseRun, SaysWhatIsWrongAndWhatIsMissing) {
  const RulePack good =
      pack_of(R"(alert tcp any any -> any any (content:"attack"; sid:1;))", "[1]\n+ a\n> an attack\n- b\n> nothing\n");
  const auto fine = test_cases(std::span(&good, 1)).value();
  EXPECT_TRUE(fine.problems.empty()) << fine.problems.front();
  EXPECT_EQ(fine.cases, 2U);
  EXPECT_EQ(fine.runs, 12U);
  const RulePack bad = pack_of(R"(alert tcp any any -> any any (content:"attack"; metadata:virtual_patch 1; sid:1;)
alert tcp any any -> any any (content:"other"; sid:2;)
nonsense)",
                               "[1]\n+ a\n> another\n- b\n> attack\n[9]\n+ a\n> x\n");
  const auto problems = test_cases(std::span(&bad, 1)).value().problems;
  const auto has = [&](std::string_view text) {
    return std::ranges::any_of(problems, [&](const auto& one) { return one.find(text) != std::string::npos; });
  };
  EXPECT_TRUE(has("test.cases:2: rule 1 did not find \"a\" (IPv6)"));
  EXPECT_TRUE(has("test.cases:4: rule 1 must not find \"b\" (one byte a segment"));
  EXPECT_TRUE(has("rule 1 has no three evasions"));
  EXPECT_TRUE(has("rule 2 has no positive case"));
  EXPECT_TRUE(has("test.rules:3: cannot be used"));
  EXPECT_TRUE(has("cases of rule 9"));
}

TEST(RuleDirectory, KnowsWhichRulesProtectAHost) {
  const RulePack pack = pack_of(
      R"r(drop tcp any any -> any 61616 (msg:"a"; reference:cve,2023-46604; metadata:affected_product activemq; content:"x"; sid:1;)
alert tcp any any -> any any (msg:"ET EXPLOIT thing (CVE-2021-44228)"; metadata:cve CVE_2021_45046, affected_product log4j; content:"y"; sid:2;))r",
      "");
  const RuleDirectory directory(std::span(&pack, 1));
  EXPECT_EQ(directory.cves(), (std::set<std::string>{"CVE-2021-44228", "CVE-2021-45046", "CVE-2023-46604"}));
  const auto reason = [&](HostNeeds needs) {
    const auto found = directory.protecting(needs);
    return found.empty() ? std::string() : std::to_string(found[0].rule->sid) + " " + found[0].reason;
  };
  EXPECT_EQ(reason({{"CVE-2021-45046"}, {}, {}}), "2 CVE-2021-45046");
  EXPECT_EQ(reason({{}, {"liblog4j2-java"}, {}}), "2 package liblog4j2-java");
  EXPECT_EQ(reason({{}, {"activemq-server"}, {}}), "1 package activemq-server");
  EXPECT_EQ(reason({{}, {"logrotate"}, {61616}}), "1 port 61616");
  EXPECT_EQ(reason({{"CVE-2020-0001"}, {"nginx"}, {80}}), "");
}

/// Each rule that Warder ships finds what it is for, in every dress, and not its neighbour.
TEST(ShippedPacks, PassTheirCases) {
  const auto packs = read_rule_packs(std::string(WARDER_SOURCE_DIR) + "/content/ips").value();
  ASSERT_GE(packs.size(), 6U);
  const auto report = test_cases(packs).value();
  for (const auto& problem : report.problems) ADD_FAILURE() << problem;
  EXPECT_GE(report.rules, 100U);
}

}  // namespace
}  // namespace warder::ips
