#include "engines/firewall/analyse.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "engines/firewall/simulator.h"

namespace warder::firewall {
namespace {

/// The ranges of everything else, within lowest..highest.
template <class T, class Next, class Before>
std::vector<Range<T>> complement(const std::vector<Range<T>>& ranges, T lowest, T highest, Next next, Before before) {
  std::vector<Range<T>> out;
  T from = lowest;
  for (const Range<T>& range : ranges) {
    if (from < range.first) out.push_back({from, before(range.first)});
    if (range.last == highest) return out;
    from = next(range.last);
  }
  out.push_back({from, highest});
  return out;
}

IpAddress moved(const IpAddress& address, bool is_up) {
  auto bytes = address.bytes();
  for (std::size_t i = bytes.size(); i-- > 0;) {
    const std::uint8_t was = bytes.at(i);
    bytes.at(i) = static_cast<std::uint8_t>(is_up ? was + 1 : was - 1);
    if (is_up ? was != 0xff : was != 0) break;
  }
  return IpAddress::v6(bytes);
}

std::vector<AddressRange> effective(const OneOf<AddressRange>& set, Family family) {
  const IpAddress lowest = family == Family::V4 ? IpAddress::v4(0) : IpAddress();
  std::array<std::uint8_t, 16> ones{};
  ones.fill(0xff);
  const IpAddress highest = family == Family::V4 ? IpAddress::v4(0xffffffff) : IpAddress::v6(ones);
  if (set.is_any()) return {{lowest, highest}};
  std::vector<AddressRange> mine;
  for (const AddressRange& range : set.items)
    if (range.first.is_v4() == (family == Family::V4)) mine.push_back(range);
  if (!set.negated) return mine;
  return complement<IpAddress>(
      mine, lowest, highest, [](const IpAddress& a) { return moved(a, true); },
      [](const IpAddress& a) { return moved(a, false); });
}

std::vector<PortRange> effective(const OneOf<PortRange>& set) {
  if (set.is_any()) return {{0, 65'535}};
  if (!set.negated) return set.items;
  return complement<std::uint16_t>(
      set.items, 0, 65'535, [](std::uint16_t p) { return static_cast<std::uint16_t>(p + 1); },
      [](std::uint16_t p) { return static_cast<std::uint16_t>(p - 1); });
}

template <class T>
bool is_within(const std::vector<Range<T>>& outer, const std::vector<Range<T>>& inner) {
  return std::all_of(inner.begin(), inner.end(), [&](const Range<T>& i) {
    return std::any_of(outer.begin(), outer.end(),
                       [&](const Range<T>& o) { return o.first <= i.first && i.last <= o.last; });
  });
}

template <class T>
bool meet(const std::vector<Range<T>>& a, const std::vector<Range<T>>& b) {
  return std::any_of(a.begin(), a.end(), [&](const Range<T>& x) {
    return std::any_of(b.begin(), b.end(), [&](const Range<T>& y) { return x.first <= y.last && y.first <= x.last; });
  });
}

/// Sets without an order: protocols, hardware addresses, interfaces.
template <class T>
bool is_within(const OneOf<T>& outer, const OneOf<T>& inner) {
  if (outer.is_any()) return true;
  if (inner.is_any()) return false;
  const auto has = [](const OneOf<T>& set, const T& item) {
    return std::find(set.items.begin(), set.items.end(), item) != set.items.end();
  };
  if (inner.negated)
    return outer.negated &&
           std::all_of(outer.items.begin(), outer.items.end(), [&](const T& i) { return has(inner, i); });
  return std::all_of(inner.items.begin(), inner.items.end(),
                     [&](const T& item) { return has(outer, item) != outer.negated; });
}

template <class T>
bool meet(const OneOf<T>& a, const OneOf<T>& b) {
  if (a.is_any() || b.is_any() || (a.negated && b.negated)) return true;
  const OneOf<T>& listed = a.negated ? b : a;
  const OneOf<T>& other = a.negated ? a : b;
  return std::any_of(listed.items.begin(), listed.items.end(), [&](const T& item) {
    return (std::find(other.items.begin(), other.items.end(), item) != other.items.end()) != other.negated;
  });
}

bool is_flag_within(const RuleSpec& outer, const RuleSpec& inner) {
  if (!outer.tcp_flags) return true;
  if (!inner.tcp_flags) return false;
  for (unsigned flags = 0; flags < 256; ++flags) {
    const auto test = [flags](const FlagTest& t) { return ((flags & t.mask) == t.value) != t.negated; };
    if (test(*inner.tcp_flags) && !test(*outer.tcp_flags)) return false;
  }
  return true;
}

bool do_flags_meet(const RuleSpec& a, const RuleSpec& b) {
  if (!a.tcp_flags || !b.tcp_flags) return true;
  for (unsigned flags = 0; flags < 256; ++flags) {
    const auto test = [flags](const FlagTest& t) { return ((flags & t.mask) == t.value) != t.negated; };
    if (test(*a.tcp_flags) && test(*b.tcp_flags)) return true;
  }
  return false;
}

bool is_ip(const RuleSpec& rule) {
  return rule.is_v4 || rule.is_v6;
}

bool decides(const RuleSpec& rule) {
  return rule.action != RuleAction::LogOnly;
}

bool passes(const RuleSpec& rule) {
  return rule.action != RuleAction::Deny;
}

std::string described(const RuleSpec& rule) {
  return fmt::format("\"{}\" ({}, priority {})", rule.id, name(rule.action), rule.priority);
}

/// An interface pattern is not a set: only equal lists are compared.
bool are_interfaces_within(const RuleSpec& outer, const RuleSpec& inner) {
  return outer.interfaces.is_any() || outer.interfaces == inner.interfaces;
}

void compare(const RuleSpec& earlier, const RuleSpec& later, std::vector<AnalysisFinding>& out) {
  if (covers(earlier, later)) {
    const bool is_same =
        earlier.action == later.action || (passes(earlier) && passes(later) && earlier.action != RuleAction::Bypass);
    out.push_back({is_same ? Problem::Redundant : Problem::Shadowed, later.id, earlier.id,
                   fmt::format("{} never decides: {} comes first and matches everything that it matches",
                               described(later), described(earlier))});
    return;
  }
  if (earlier.priority == later.priority && passes(earlier) != passes(later) && overlap(earlier, later))
    out.push_back({Problem::Contradictory, later.id, earlier.id,
                   fmt::format("{} and {} match some of the same packets; the latter wins", described(later),
                               described(earlier))});
}

void check_manager(const Compiled& compiled, std::vector<AnalysisFinding>& out) {
  Policy bare = compiled.policy;
  bare.protect_manager_link = false;
  bare.enabled = true;
  const auto unprotected = firewall::compile(bare, compiled.conditions);
  if (!unprotected) return;
  const std::string_view rest = compiled.policy.protect_manager_link
                                    ? "; protect_manager_link keeps it open all the same"
                                    : "; the agent would be cut off";
  for (const ManagerEndpoint& manager : compiled.conditions.manager) {
    Simulator simulator(*unprotected);
    Packet packet;
    packet.direction = Direction::Outgoing;
    packet.tuple = {manager.address.is_v4() ? IpAddress::v4(0xc0000201) : parse_ip("2001:db8::1").value_or(IpAddress{}),
                    manager.address, kTcp, 40'000, manager.port};
    packet.tcp_flags = kSyn;
    packet.bytes = 60;
    Decision decision = simulator.decide(packet);
    if (decision.verdict == Verdict::Accept) {
      std::swap(packet.tuple.source, packet.tuple.destination);
      std::swap(packet.tuple.source_port, packet.tuple.destination_port);
      packet.direction = Direction::Incoming;
      packet.tcp_flags = kSyn | kAck;
      decision = simulator.decide(packet);
    }
    if (decision.verdict == Verdict::Accept) continue;
    const std::string rule =
        decision.rule >= 0 ? compiled.rules[static_cast<std::size_t>(decision.rule)].id : std::string();
    out.push_back({Problem::CutsManager, rule, "",
                   fmt::format("the way to the manager {}:{} is closed by {}{}", manager.address.text(), manager.port,
                               rule.empty() ? std::string(title(decision.code)) : "rule \"" + rule + "\"", rest)});
  }
}

}  // namespace

bool covers(const RuleSpec& outer, const RuleSpec& inner) {
  if (outer.direction != inner.direction || is_ip(outer) != is_ip(inner)) return false;
  const bool has_frames = std::all_of(inner.ether_types.begin(), inner.ether_types.end(), [&](std::uint16_t type) {
    return std::find(outer.ether_types.begin(), outer.ether_types.end(), type) != outer.ether_types.end();
  });
  const bool has_only_ip = is_ip(inner);  // ARP beside IP in an "any" rule is left out of the comparison
  if (!has_frames && !has_only_ip) return false;
  if ((inner.is_v4 && !outer.is_v4) || (inner.is_v6 && !outer.is_v6)) return false;
  for (const Family family : {Family::V4, Family::V6}) {
    if (!(family == Family::V4 ? inner.is_v4 : inner.is_v6)) continue;
    if (!is_within(effective(outer.source, family), effective(inner.source, family)) ||
        !is_within(effective(outer.destination, family), effective(inner.destination, family)))
      return false;
  }
  // A port test fails on packets without ports: a rule with one covers only rules of its own protocols.
  return is_within(outer.protocols, inner.protocols) &&
         is_within(effective(outer.source_ports), effective(inner.source_ports)) &&
         is_within(effective(outer.destination_ports), effective(inner.destination_ports)) &&
         is_within(outer.source_macs, inner.source_macs) && is_within(outer.destination_macs, inner.destination_macs) &&
         (outer.icmp.is_any() || outer.icmp == inner.icmp) && is_flag_within(outer, inner) &&
         are_interfaces_within(outer, inner);
}

bool overlap(const RuleSpec& a, const RuleSpec& b) {
  if (a.direction != b.direction || !meet(a.protocols, b.protocols) || !do_flags_meet(a, b)) return false;
  const bool has_common_family = [&] {
    for (const Family family : {Family::V4, Family::V6}) {
      const bool is_both = family == Family::V4 ? a.is_v4 && b.is_v4 : a.is_v6 && b.is_v6;
      if (is_both && meet(effective(a.source, family), effective(b.source, family)) &&
          meet(effective(a.destination, family), effective(b.destination, family)))
        return true;
    }
    return false;
  }();
  return has_common_family && meet(effective(a.source_ports), effective(b.source_ports)) &&
         meet(effective(a.destination_ports), effective(b.destination_ports)) && meet(a.source_macs, b.source_macs) &&
         meet(a.destination_macs, b.destination_macs) &&
         (a.interfaces.is_any() || b.interfaces.is_any() || a.interfaces == b.interfaces) &&
         (a.icmp.is_any() || b.icmp.is_any() || a.icmp == b.icmp);
}

std::vector<AnalysisFinding> analyse(const Compiled& compiled, std::size_t most) {
  std::vector<AnalysisFinding> out;
  check_manager(compiled, out);
  for (std::size_t i = 0; i < compiled.order.size(); ++i) {
    const RuleSpec& later = compiled.rules[compiled.order[i]];
    if (!decides(later)) continue;
    for (std::size_t j = 0; j < i && out.size() < most; ++j) {
      const RuleSpec& earlier = compiled.rules[compiled.order[j]];
      if (!decides(earlier) || earlier.direction != later.direction) continue;
      const std::size_t before = out.size();
      compare(earlier, later, out);
      if (out.size() > before && out.back().problem != Problem::Contradictory) break;
    }
  }
  return out;
}

std::string_view name(Problem problem) noexcept {
  switch (problem) {
    case Problem::Shadowed:
      return "shadowed";
    case Problem::Contradictory:
      return "contradictory";
    case Problem::Redundant:
      return "redundant";
    case Problem::CutsManager:
      return "cuts-manager";
  }
  return "shadowed";
}

boost::json::object to_json(const AnalysisFinding& finding) {
  boost::json::object out{
      {"problem", name(finding.problem)}, {"rule", nullptr}, {"other", nullptr}, {"text", finding.text}};
  if (!finding.rule.empty()) out["rule"] = finding.rule;
  if (!finding.other.empty()) out["other"] = finding.other;
  return out;
}

}  // namespace warder::firewall
