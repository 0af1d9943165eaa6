// Policies in, packets in, decisions out. That the kernel agrees is tests/netns/firewall_property.py's business.
#include "engines/firewall/simulator.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "engines/firewall/analyse.h"
#include "engines/firewall/nft.h"

namespace warder::firewall {
namespace {

std::shared_ptr<const Compiled> made(const std::string& rules, const Conditions& conditions = {}) {
  const auto policy = parse_policy_text(rules);
  EXPECT_TRUE(policy) << policy.error().message;
  auto compiled = compile(policy.value_or(Policy{}), conditions);
  EXPECT_TRUE(compiled) << compiled.error().message;
  return compiled.value_or(nullptr);
}

std::string rule(const std::string& id, const std::string& rest) {
  return "{id: " + id + ", " + rest + "}";
}

/// "drop deny-web", "accept default", "accept r1 bypass"
std::string decided(Simulator& simulator, const std::string& text) {
  auto packet = parse_packet(text);
  EXPECT_TRUE(packet) << packet.error().message;
  const Decision decision = simulator.decide(packet.value_or(Packet{}));
  std::string out = decision.verdict == Verdict::Accept ? "accept " : "drop ";
  out += decision.rule >= 0 ? simulator.compiled().rules[static_cast<std::size_t>(decision.rule)].id
                            : std::string(name(decision.stage));
  return out + (decision.is_bypassed ? " bypass" : "");
}

struct Case {
  std::string name;
  std::vector<std::string> rules;
  std::vector<std::pair<std::string, std::string>> packets;  // and what becomes of them
};

const std::vector<Case> kCases = {
    {"without allow rules everything passes", {}, {{"in tcp 203.0.113.1:50000 > 192.0.2.1:22", "accept default"}}},
    {"one allow rule denies the rest of its direction",
     {rule("web", "action: allow, protocol: tcp, destination_ports: 443")},
     {{"in tcp 203.0.113.1:50000 > 192.0.2.1:443", "accept web"},
      {"in tcp 203.0.113.1:50000 > 192.0.2.1:22", "drop implicit-deny"},
      {"out tcp 192.0.2.1:50000 > 203.0.113.1:22", "accept default"},
      {"in icmpv6 2001:db8::1 > 2001:db8::2 type=echo-request", "accept default"}}},
    {"deny is before allow, force-allow before deny, bypass before all",
     {rule("a", "action: allow, protocol: tcp"),
      rule("d", "action: deny, protocol: tcp, destination_ports: [22, 23, 24]"),
      rule("f", "action: force-allow, protocol: tcp, destination_ports: [23, 24]"),
      rule("b", "action: bypass, protocol: tcp, destination_ports: 24")},
     {{"in tcp 203.0.113.1:50000 > 192.0.2.1:25", "accept a"},
      {"in tcp 203.0.113.1:50000 > 192.0.2.1:22", "drop d"},
      {"in tcp 203.0.113.1:50000 > 192.0.2.1:23", "accept f"},
      {"in tcp 203.0.113.1:50000 > 192.0.2.1:24", "accept b bypass"}}},
    {"a deny of a higher priority beats a bypass",
     {rule("b", "action: bypass, priority: 1"),
      rule("d", "action: deny, priority: 2, source_addresses: 203.0.113.0/24")},
     {{"in udp 203.0.113.1:5 > 192.0.2.1:53", "drop d"}, {"in udp 198.51.100.1:5 > 192.0.2.1:53", "accept b bypass"}}},
    {"log-only decides only where nothing else does",
     {rule("l", "action: log-only, priority: 4, protocol: udp"),
      rule("d", "action: deny, protocol: udp, destination_ports: 53")},
     {{"in udp 203.0.113.1:5 > 192.0.2.1:53", "drop d"}, {"in udp 203.0.113.1:5 > 192.0.2.1:54", "accept l"}}},
    {"replies pass without a rule, strays do not",
     {rule("out", "action: allow, direction: outgoing, protocol: tcp"),
      rule("in", "action: allow, protocol: tcp, destination_ports: 22")},
     {{"out tcp 192.0.2.1:40000 > 203.0.113.1:443 flags=syn", "accept out"},
      {"in tcp 203.0.113.1:443 > 192.0.2.1:40000 flags=syn,ack", "accept stateful"},
      {"in tcp 203.0.113.1:443 > 192.0.2.1:40001 flags=syn,ack", "drop stateful"},
      {"in tcp 203.0.113.1:50000 > 192.0.2.1:22 flags=ack", "drop stateful"},
      {"in tcp 203.0.113.1:50000 > 192.0.2.1:22 flags=none", "drop check"},
      {"in tcp 203.0.113.1:50000 > 192.0.2.1:22 flags=fin,psh,urg", "drop check"}}},
    {"a bypassed connection gets no replies by itself",
     {rule("b", "action: bypass, protocol: tcp, destination_ports: 80"),
      rule("o", "action: allow, direction: outgoing, protocol: udp")},
     {{"in tcp 203.0.113.1:50000 > 192.0.2.1:80 flags=syn", "accept b bypass"},
      {"out tcp 192.0.2.1:80 > 203.0.113.1:50000 flags=syn,ack", "drop implicit-deny"}}},
    {"lists, ranges and negations",
     {rule("d", "action: deny, source_addresses: ['@good', 2001:db8::/32], source_addresses_not: true")},
     {{"in udp 192.0.2.9:1 > 192.0.2.1:1", "accept default"},
      {"in udp 192.0.2.20:1 > 192.0.2.1:1", "drop d"},
      {"in udp [2001:db8::5]:1 > [2001:db8::6]:1", "accept default"},
      {"in udp [2001:db9::5]:1 > [2001:db8::6]:1", "drop d"}}},
    {"many rules of one shape are one lookup",
     {rule("p1", "action: deny, protocol: tcp, destination_ports: 1"),
      rule("p2", "action: deny, protocol: tcp, destination_ports: 2"),
      rule("p3", "action: deny, protocol: tcp, destination_ports: 3"),
      rule("p4", "action: deny, protocol: tcp-udp, destination_ports: 4")},
     {{"in tcp 203.0.113.1:9 > 192.0.2.1:3", "drop p3"},
      {"in udp 203.0.113.1:9 > 192.0.2.1:4", "drop p4"},
      {"in udp 203.0.113.1:9 > 192.0.2.1:3", "accept default"}}},
    {"icmp types and errors of known flows",
     {rule("o", "action: allow, direction: outgoing, protocol: udp"),
      rule("i", "action: allow, protocol: icmp, icmp: echo-request")},
     {{"in icmp 203.0.113.1 > 192.0.2.1 type=echo-request", "accept i"},
      {"in icmp 203.0.113.1 > 192.0.2.1 type=13", "drop implicit-deny"},
      {"in icmp 203.0.113.1 > 192.0.2.1 type=echo-reply", "drop stateful"}}},
};

TEST(Simulator, DecidesAsDocumented) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    std::string text = "mode: inline\nlists: [{name: good, items: [192.0.2.1-192.0.2.9]}]\nrules:\n";
    for (const std::string& r : c.rules) text += "  - " + r + "\n";
    if (c.rules.empty()) text = "mode: inline\n";
    Simulator simulator(made(text));
    for (const auto& [packet, expected] : c.packets) EXPECT_EQ(decided(simulator, packet), expected) << packet;
  }
}

TEST(Simulator, TapModeSaysWhatItWouldDo) {
  Simulator simulator(made("rules: [{id: d, action: deny}]"));
  const Decision decision = simulator.decide(parse_packet("in udp 192.0.2.1:1 > 192.0.2.2:1").value());
  EXPECT_EQ(decision.verdict, Verdict::Drop);
  EXPECT_FALSE(decision.is_enforced);
}

TEST(Simulator, LimitsConnections) {
  Simulator simulator(made("mode: inline\nmax_incoming_connections: 2"));
  EXPECT_EQ(decided(simulator, "in tcp 203.0.113.1:1 > 192.0.2.1:80"), "accept default");
  EXPECT_EQ(decided(simulator, "in tcp 203.0.113.1:2 > 192.0.2.1:80"), "accept default");
  EXPECT_EQ(decided(simulator, "in tcp 203.0.113.1:3 > 192.0.2.1:80"), "drop limit");
}

TEST(Simulator, AnIsolatedHostTalksToItsManagerOnly) {
  Conditions conditions;
  conditions.is_isolated = true;
  conditions.manager = {{parse_ip("198.51.100.7").value(), 8444}};
  Simulator simulator(made("rules: []", conditions));
  EXPECT_EQ(decided(simulator, "out tcp 192.0.2.1:40000 > 198.51.100.7:8444"), "accept always");
  EXPECT_EQ(decided(simulator, "in tcp 198.51.100.7:8444 > 192.0.2.1:40000 flags=syn,ack"), "accept always");
  EXPECT_EQ(decided(simulator, "out tcp 192.0.2.1:40000 > 198.51.100.8:443"), "drop isolated");
}

TEST(Simulator, IsolationKeepsTheManagerWhateverThePolicySays) {
  Conditions conditions;
  conditions.is_isolated = true;
  conditions.manager = {{parse_ip("198.51.100.7").value(), 8444}};
  Simulator simulator(
      made("mode: inline\nprotect_manager_link: false\nisolation_allow: [203.0.113.9]\n"
           "rules: [{id: d, action: deny}]",
           conditions));
  EXPECT_EQ(decided(simulator, "out tcp 192.0.2.1:40000 > 198.51.100.7:8444"), "accept always");
  EXPECT_EQ(decided(simulator, "in tcp 198.51.100.7:8444 > 192.0.2.1:40000 flags=syn,ack"), "accept always");
  EXPECT_EQ(decided(simulator, "in tcp 203.0.113.9:50000 > 192.0.2.1:22"), "accept isolated");
  EXPECT_EQ(decided(simulator, "out udp 192.0.2.1:50000 > 203.0.113.9:514"), "accept isolated");
  EXPECT_EQ(decided(simulator, "in tcp 203.0.113.10:50000 > 192.0.2.1:22"), "drop isolated");
  EXPECT_EQ(decided(simulator, "in udp 198.51.100.7:9 > 192.0.2.1:53"), "drop isolated");
}

TEST(Simulator, AnIsolatedHostForwardsNothing) {
  Conditions conditions;
  conditions.is_isolated = true;
  const auto compiled = made("rules: []", conditions);
  const std::string text = nft_text(*compiled);
  EXPECT_NE(text.find("hook forward"), std::string::npos) << text;
  EXPECT_EQ(nft_text(*made("rules: []")).find("hook forward"), std::string::npos);
}

TEST(Simulator, SchedulesAndContextsSwitchRules) {
  const std::string text =
      "mode: inline\nschedules: [{name: office, time: utc, windows: [mon-fri 08:00-18:00]}]\n"
      "contexts: [{name: away, manager: unreachable}]\n"
      "rules: [{id: s, action: deny, protocol: udp, schedule: office}, {id: c, action: deny, protocol: tcp, context: "
      "away}]";
  Conditions monday;
  monday.now = parse_rfc3339("2026-01-05T09:00:00Z").value();
  Simulator at_work(made(text, monday));
  EXPECT_EQ(decided(at_work, "in udp 203.0.113.1:1 > 192.0.2.1:1"), "drop s");
  EXPECT_EQ(decided(at_work, "in tcp 203.0.113.1:1 > 192.0.2.1:1"), "accept default");
  Conditions sunday;
  sunday.now = parse_rfc3339("2026-01-04T09:00:00Z").value();
  sunday.is_manager_reachable = false;
  Simulator away(made(text, sunday));
  EXPECT_EQ(decided(away, "in udp 203.0.113.1:1 > 192.0.2.1:1"), "accept default");
  EXPECT_EQ(decided(away, "in tcp 203.0.113.1:1 > 192.0.2.1:1"), "drop c");
  EXPECT_EQ(next_change(parse_policy_text(text).value(), monday.now, {}),
            parse_rfc3339("2026-01-05T18:00:00Z").value());
}

TEST(Policy, ErrorsNameThePlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"rules: [{id: a, action: drop}]", "/rules/0/action: "},
      {"rules: [{id: a, priority: 1}]", "/rules/0/priority: "},
      {"rules: [{id: a, action: deny, priority: 9}]", "/rules/0/priority: "},
      {"rules: [{id: a}, {id: a}]", "/rules/1/id: "},
      {"rules: [{id: a, destination_ports: 80}]", "/rules/0/destination_ports: "},
      {"rules: [{id: a, source_addresses: [192.0.2.1, 192.0.2.300]}]", "/rules/0/source_addresses/1: "},
      {"rules: [{id: a, source_addresses: '@none'}]", "/rules/0/source_addresses/0: "},
      {"lists: [{name: x, kind: ports, items: [70000]}]", "/lists/0/items/0: "},
      {"rules: [{id: a, schedule: never}]", "/rules/0/schedule: "},
      {"schedules: [{name: x, windows: [monday]}]", "/schedules/0/windows/0: "},
      {"rulez: []", "/rulez: "},
      {"rules: [{id: a, direction: outgoing, source_macs: '00:00:5e:00:53:01'}]", "/rules/0/source_macs: "},
  };
  for (const auto& [text, place] : cases) {
    SCOPED_TRACE(text);
    const auto policy = parse_policy_text(text);
    const auto done = policy ? compile(*policy, {}) : Result<std::shared_ptr<const Compiled>>(fail(policy.error()));
    ASSERT_FALSE(done);
    EXPECT_TRUE(done.error().message.starts_with(place)) << done.error().message;
  }
}

TEST(Analyser, FindsWhatOneRuleDoesToAnother) {
  Conditions conditions;
  conditions.manager = {{parse_ip("198.51.100.7").value(), 8444}};
  const auto compiled = made(
      "rules:\n"
      "  - {id: all, action: deny, priority: 2, protocol: tcp, source_addresses: 203.0.113.0/24}\n"
      "  - {id: shadowed, action: force-allow, priority: 1, protocol: tcp, destination_ports: 22, source_addresses: "
      "203.0.113.5}\n"
      "  - {id: redundant, action: deny, priority: 1, protocol: tcp, destination_ports: 1-100, source_addresses: "
      "203.0.113.5}\n"
      "  - {id: cut, action: deny, direction: outgoing, protocol: tcp, destination_ports: 8000-9000}\n",
      conditions);
  std::vector<std::string> found;
  for (const auto& finding : analyse(*compiled))
    found.push_back(std::string(name(finding.problem)) + " " + finding.rule);
  EXPECT_EQ(found, (std::vector<std::string>{"cuts-manager cut", "shadowed shadowed", "redundant redundant"}));
}

TEST(Packet, TextIsReadBack) {
  for (const char* text :
       {"in tcp 203.0.113.9:51000 > 192.0.2.10:443 flags=syn iface=eth0 len=60",
        "out udp [2001:db8::1]:53 > [2001:db8::2]:1024 len=80",
        "in icmp 203.0.113.9 > 192.0.2.10 type=8 code=0 id=7 len=84", "forward 47 203.0.113.9 > 192.0.2.10 len=60"}) {
    const auto packet = parse_packet(text);
    ASSERT_TRUE(packet) << packet.error().message;
    EXPECT_EQ(parse_packet(firewall::text(*packet)).value().tuple, packet->tuple);
  }
  EXPECT_FALSE(parse_packet("in tcp 203.0.113.9:51000"));
  EXPECT_FALSE(parse_packet("in icmp 203.0.113.9:1 > 192.0.2.10"));
  EXPECT_FALSE(parse_packet("in tcp 203.0.113.9:1 > [2001:db8::1]:2"));
}

TEST(LogPrefix, IsReadBack) {
  const LogPrefix prefix{LogPrefix::Outcome::WouldDrop, Code::DenyRule, "web-in"};
  const auto again = parse_log_prefix(text(prefix));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->outcome, prefix.outcome);
  EXPECT_EQ(again->rule, "web-in");
  EXPECT_FALSE(parse_log_prefix("warder x 1 y"));
}

}  // namespace
}  // namespace warder::firewall
