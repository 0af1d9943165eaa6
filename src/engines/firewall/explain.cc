// Decisions in words and in JSON.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "engines/firewall/simulator.h"
#include "engines/firewall/variants.h"

namespace warder::firewall {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxExplained = 100;

std::string_view side_name(Side side) {
  return side == Side::Source ? "source" : "destination";
}

std::string_view isnt(bool negated) {
  return negated ? "is one of those that the rule leaves out" : "is not one of the rule's";
}

struct Why {
  const Packet& packet;

  std::string operator()(const FamilyIs& t) const {
    return fmt::format("the packet is not IPv{}", t.family == Family::V4 ? 4 : 6);
  }
  std::string operator()(const ProtocolIn& t) const {
    return fmt::format("protocol {} {}", protocol_name(packet.tuple.protocol), isnt(t.negated));
  }
  std::string operator()(const AddressIn& t) const {
    const IpAddress& address = t.side == Side::Source ? packet.tuple.source : packet.tuple.destination;
    return fmt::format("{} {} {}", side_name(t.side), address.text(), isnt(t.negated));
  }
  std::string operator()(const PortIn& t) const {
    const auto port = t.side == Side::Source ? packet.tuple.source_port : packet.tuple.destination_port;
    return fmt::format("{} port {} {}", side_name(t.side), port, isnt(t.negated));
  }
  std::string operator()(const MacIn& t) const {
    return fmt::format("{} hardware address {}", side_name(t.side), isnt(t.negated));
  }
  std::string operator()(const FlagsAre& /*t*/) const {
    return fmt::format("TCP flags are {}", flags_text(packet.tcp_flags));
  }
  std::string operator()(const IcmpIn& t) const {
    return fmt::format("ICMP type {}/{} {}", packet.icmp_type, packet.icmp_code, isnt(t.negated));
  }
  std::string operator()(const InterfaceIs& t) const {
    return fmt::format("interface {} {}", packet.interface.empty() ? "unknown" : packet.interface, isnt(t.negated));
  }
  template <class Other>
  std::string operator()(const Other& /*t*/) const {
    return "it does not match";
  }
};

std::string_view verdict_name(Verdict verdict) {
  return verdict == Verdict::Accept ? "accept" : "drop";
}

std::string_view state_name(std::uint8_t state) {
  switch (state) {
    case kNew:
      return "new";
    case kEstablished:
      return "established";
    case kRelated:
      return "related";
    case kUntracked:
      return "untracked";
    default:
      return "invalid";
  }
}

std::string reason(const Decision& decision, const Compiled& compiled) {
  if (decision.rule >= 0) {
    const RuleSpec& rule = compiled.rules[static_cast<std::size_t>(decision.rule)];
    const std::string by = fmt::format("rule {} ({}, priority {})", rule.id, name(rule.action), rule.priority);
    if (decision.stage == Stage::Rule) return by;
    return fmt::format("{} after {}", title(decision.code), by);
  }
  switch (decision.stage) {
    case Stage::Ignored:
      return "the interface is not looked at";
    case Stage::Always:
      return "what always passes: the manager, DHCP, neighbour discovery, path MTU";
    case Stage::Stateful:
      if (decision.verdict == Verdict::Accept) return "part of a connection that was allowed";
      break;
    case Stage::Implicit:
      return "no allow rule of this direction matches, and there is one";
    case Stage::Default:
      return "no rule matches, and this direction has no allow rule";
    case Stage::Isolated:
      if (decision.verdict == Verdict::Accept) return "named in isolation_allow";
      break;
    case Stage::Blocked:
    case Stage::Check:
    case Stage::Rule:
    case Stage::Limit:
      break;
  }
  const std::string_view what = title(decision.code);
  return what.empty() ? "allowed" : std::string(what);
}

/// Every rule of the direction in order, and why it did not match.
json::array considered(const Packet& packet, const Compiled& compiled) {
  json::array out;
  for (const std::size_t index : compiled.order) {
    const RuleSpec& rule = compiled.rules[index];
    if (rule.direction != packet.direction) continue;
    if (out.size() == kMaxExplained) break;
    const std::string why = mismatch(rule, packet);
    json::object entry{
        {"rule", rule.id}, {"action", name(rule.action)}, {"priority", rule.priority}, {"matches", why.empty()}};
    if (!why.empty()) entry["why_not"] = why;
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace

std::string mismatch(const RuleSpec& rule, const Packet& packet) {
  if (!packet.is_ip()) {
    const auto& types = rule.ether_types;
    return std::find(types.begin(), types.end(), packet.ether_type) != types.end() ? "" : "another type of frame";
  }
  std::string first = "it matches no IP packets";
  for (const Tests& tests : ip_variants(rule)) {
    std::string why;
    for (const Test& test : tests) {
      if (holds(test, packet)) continue;
      why = std::visit(Why{packet}, test);
      break;
    }
    if (why.empty()) return "";
    first = std::move(why);
  }
  return first;
}

json::object to_json(const Decision& decision, const Packet& packet, const Compiled& compiled, bool is_explained) {
  json::object out{{"packet", to_json(packet)},
                   {"text", text(packet)},
                   {"verdict", verdict_name(decision.verdict)},
                   {"enforced", decision.is_enforced},
                   {"stage", name(decision.stage)},
                   {"rule", nullptr},
                   {"action", nullptr},
                   {"priority", nullptr},
                   {"reason", reason(decision, compiled)},
                   {"state", state_name(decision.state)},
                   {"bypasses_inspection", decision.is_bypassed},
                   {"code", decision.code == Code::None ? json::value(nullptr)
                                                        : json::value(static_cast<std::int64_t>(decision.code))},
                   {"log_rule", nullptr},
                   {"logged", !decision.log.empty()}};
  if (decision.rule >= 0) {
    const RuleSpec& rule = compiled.rules[static_cast<std::size_t>(decision.rule)];
    out["rule"] = rule.id;
    out["action"] = name(rule.action);
    out["priority"] = rule.priority;
  }
  if (decision.log_rule >= 0) out["log_rule"] = compiled.rules[static_cast<std::size_t>(decision.log_rule)].id;
  if (is_explained) out["considered"] = considered(packet, compiled);
  return out;
}

std::string text(const Decision& decision, const Compiled& compiled) {
  std::string out = fmt::format("{}: {}", verdict_name(decision.verdict), reason(decision, compiled));
  if (!decision.is_enforced) out += " (tap mode: it passes)";
  if (decision.is_bypassed) out += " (not inspected)";
  return out;
}

}  // namespace warder::firewall
