#include "engines/firewall/spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"

namespace warder::firewall {
namespace {

tl::unexpected<Error> wrong(std::string_view place, std::string_view what) {
  return fail(ErrorCode::Invalid, fmt::format("{}: {}", place, what));
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  });
}

IpAddress next(const IpAddress& address) {
  auto bytes = address.bytes();
  for (std::size_t i = bytes.size(); i-- > 0;)
    if (++bytes.at(i) != 0) break;
  return IpAddress::v6(bytes);
}

/// Turns the texts of one rule into a RuleSpec. `place` is the rule's JSON pointer.
class Resolver {
 public:
  Resolver(const Policy& policy, const Rule& rule, std::string place)
      : policy_(policy), rule_(rule), place_(std::move(place)) {}

  Result<RuleSpec> resolve() {
    WD_TRY(identify());
    WD_TRY(frames());
    WD_TRY(protocols());
    WD_TRY(addresses());
    WD_TRY(ports());
    WD_TRY(macs());
    WD_TRY(flags_and_icmp());
    WD_TRY(where_and_when());
    return std::move(spec_);
  }

 private:
  std::string at(std::string_view key) const { return fmt::format("{}/{}", place_, key); }

  Result<void> identify() {
    if (!is_name(rule_.id)) return wrong(at("id"), "letters, digits, '.', '-' and '_' only");
    spec_.id = rule_.id;
    for (const RuleAction action :
         {RuleAction::Bypass, RuleAction::LogOnly, RuleAction::ForceAllow, RuleAction::Deny, RuleAction::Allow})
      if (name(action) == rule_.action) spec_.action = action;
    if (spec_.action == RuleAction::Allow && rule_.priority != 0)
      return wrong(at("priority"), "an allow rule has priority 0; use force-allow to go before a deny rule");
    spec_.priority = static_cast<std::uint8_t>(rule_.priority);
    spec_.direction = rule_.direction == "incoming" ? Direction::Incoming : Direction::Outgoing;
    spec_.log = rule_.log;
    spec_.packet_data = rule_.packet_data;
    spec_.alert = rule_.alert;
    return {};
  }

  Result<void> frames() {
    const std::string& type = rule_.frame_type;
    if (type == "any") {
      if (rule_.frame_type_not) return wrong(at("frame_type_not"), "nothing is left when \"any\" is negated");
      spec_.ether_types = {kEtherArp};
      return {};
    }
    const bool negated = rule_.frame_type_not;
    const bool names_ip = type == "ip";
    spec_.is_v4 = (names_ip || type == "ipv4") != negated;
    spec_.is_v6 = (names_ip || type == "ipv6") != negated;
    std::uint16_t other = 0;
    if (type == "arp") other = kEtherArp;
    if (type == "revarp") other = kEtherRarp;
    if (other == 0 && !names_ip && type != "ipv4" && type != "ipv6") {
      const auto number = parse_ether_type(type);
      if (!number) return wrong(at("frame_type"), fmt::format("\"{}\" is not a frame type", type));
      other = *number;
    }
    if (negated && other != kEtherArp) spec_.ether_types = {kEtherArp};
    if (!negated && other != 0) spec_.ether_types = {other};
    return {};
  }

  static std::optional<std::uint16_t> parse_ether_type(std::string_view text) {
    std::optional<std::uint16_t> number;
    if (text.starts_with("0x") && text.size() == 6) {
      if (const auto bytes = from_hex(text.substr(2)))
        number = static_cast<std::uint16_t>(bytes->at(0) << 8 | bytes->at(1));
    } else {
      number = parse_integer<std::uint16_t>(text);
    }
    const bool is_ip = number == 0x0800 || number == 0x86dd;
    return number && *number >= 0x0600 && !is_ip ? number : std::nullopt;  // IEEE 802.3: below are lengths
  }

  Result<void> protocols() {
    const std::string& protocol = rule_.protocol;
    if (protocol == "any") {
      if (rule_.protocol_not) return wrong(at("protocol_not"), "nothing is left when \"any\" is negated");
      return {};
    }
    spec_.protocols.negated = rule_.protocol_not;
    spec_.ether_types.clear();
    if (!spec_.is_v4 && !spec_.is_v6) return wrong(at("protocol"), "frames of this type carry no IP protocol");
    if (protocol == "tcp-udp") {
      spec_.protocols.items = {kTcp, kUdp};
      return {};
    }
    const auto number = parse_protocol(protocol);
    if (!number) return wrong(at("protocol"), number.error().message);
    spec_.protocols.items = {*number};
    if (rule_.protocol_not) return {};
    if (*number == kIcmp) spec_.is_v6 = false;
    if (*number == kIcmp6) spec_.is_v4 = false;
    if (!spec_.is_v4 && !spec_.is_v6) return wrong(at("protocol"), "this protocol does not come in such frames");
    return {};
  }

  /// Calls `take(text, place)` for each item, with lists in place of their names.
  template <class Take>
  Result<void> each(std::string_view key, std::string_view kind, const std::vector<std::string>& items, Take take) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::string place = fmt::format("{}/{}", at(key), i);
      if (!items[i].starts_with('@')) {
        WD_TRY(take(items[i], place));
        continue;
      }
      const auto list = std::find_if(policy_.lists.begin(), policy_.lists.end(),
                                     [&](const NamedList& l) { return l.name == items[i].substr(1); });
      if (list == policy_.lists.end()) return wrong(place, fmt::format("there is no list \"{}\"", items[i].substr(1)));
      if (list->kind != kind) return wrong(place, fmt::format("\"{}\" is a list of {}", list->name, list->kind));
      const auto number = list - policy_.lists.begin();
      for (std::size_t j = 0; j < list->items.size(); ++j)
        WD_TRY(take(list->items[j], fmt::format("/lists/{}/items/{}", number, j)));
      if (list->items.empty() && items.size() == 1)
        return wrong(place, fmt::format("the list \"{}\" is empty: the rule would match everything", list->name));
    }
    return {};
  }

  template <class T>
  Result<std::vector<T>> parse_each(std::string_view key, std::string_view kind, const std::vector<std::string>& items,
                                    Result<T> (*parse)(std::string_view)) {
    std::vector<T> parsed;
    WD_TRY(each(key, kind, items, [&](const std::string& item, const std::string& place) -> Result<void> {
      auto value = parse(item);
      if (!value) return wrong(place, value.error().message);
      parsed.push_back(*value);
      return {};
    }));
    return parsed;
  }

  Result<void> side_addresses(std::string_view key, const std::vector<std::string>& items, bool negated,
                              OneOf<AddressRange>& out) {
    const bool has_items = !items.empty();
    out = {merged(WD_TRY(parse_each<AddressRange>(key, "addresses", items, parse_address_range))), negated};
    if (!has_items) return {};
    spec_.ether_types.clear();
    if (negated) return {};
    const auto has = [&](bool v4) {
      return std::any_of(out.items.begin(), out.items.end(), [&](const auto& r) { return r.first.is_v4() == v4; });
    };
    spec_.is_v4 = spec_.is_v4 && has(true);
    spec_.is_v6 = spec_.is_v6 && has(false);
    if (!spec_.is_v4 && !spec_.is_v6) return wrong(at(key), "no address is of a family that the rule can match");
    return {};
  }

  Result<void> addresses() {
    WD_TRY(side_addresses("source_addresses", rule_.source_addresses, rule_.source_addresses_not, spec_.source));
    return side_addresses("destination_addresses", rule_.destination_addresses, rule_.destination_addresses_not,
                          spec_.destination);
  }

  Result<void> ports() {
    spec_.source_ports = {
        merged(WD_TRY(parse_each<PortRange>("source_ports", "ports", rule_.source_ports, parse_port_range))),
        rule_.source_ports_not};
    spec_.destination_ports = {
        merged(WD_TRY(parse_each<PortRange>("destination_ports", "ports", rule_.destination_ports, parse_port_range))),
        rule_.destination_ports_not};
    if (spec_.source_ports.is_any() && spec_.destination_ports.is_any()) return {};
    const auto& wanted = spec_.protocols;
    const bool has_ports = !wanted.is_any() && !wanted.negated &&
                           std::all_of(wanted.items.begin(), wanted.items.end(), [](std::uint8_t protocol) {
                             return protocol == kTcp || protocol == kUdp || protocol == kSctp;
                           });
    if (!has_ports)
      return wrong(at(spec_.source_ports.is_any() ? "destination_ports" : "source_ports"),
                   "ports need protocol tcp, udp, tcp-udp or sctp");
    return {};
  }

  Result<void> macs() {
    spec_.source_macs = {WD_TRY(parse_each<Mac>("source_macs", "macs", rule_.source_macs, parse_mac)),
                         rule_.source_macs_not};
    spec_.destination_macs = {WD_TRY(parse_each<Mac>("destination_macs", "macs", rule_.destination_macs, parse_mac)),
                              rule_.destination_macs_not};
    for (auto* list : {&spec_.source_macs, &spec_.destination_macs}) {
      std::sort(list->items.begin(), list->items.end());
      list->items.erase(std::unique(list->items.begin(), list->items.end()), list->items.end());
    }
    if (spec_.source_macs.is_any() && spec_.destination_macs.is_any()) return {};
    spec_.ether_types.clear();
    if (spec_.direction == Direction::Outgoing)
      return wrong(at(spec_.source_macs.is_any() ? "destination_macs" : "source_macs"),
                   "a packet that goes out has no hardware addresses yet when rules look at it");
    if (!spec_.is_v4 && !spec_.is_v6)
      return wrong(at("frame_type"), "hardware addresses can be matched in IP frames only");
    return {};
  }

  Result<void> flags_and_icmp() {
    WD_TRY(flags());
    for (std::size_t i = 0; i < rule_.icmp.size(); ++i) {
      const auto test = parse_icmp(rule_.icmp[i]);
      if (!test) return wrong(fmt::format("{}/{}", at("icmp"), i), test.error().message);
      spec_.icmp.items.push_back(*test);
    }
    spec_.icmp.negated = rule_.icmp_not;
    const auto& wanted = spec_.protocols;
    const bool is_icmp = !wanted.negated && wanted.items.size() == 1 &&
                         (wanted.items.front() == kIcmp || wanted.items.front() == kIcmp6);
    if (!spec_.icmp.is_any() && !is_icmp) return wrong(at("icmp"), "types need protocol icmp or icmpv6");
    if (!spec_.icmp.is_any() && wanted.items.front() == kIcmp6) return familiar_names();
    return {};
  }

  /// "echo-request" in a rule for icmpv6 is ICMPv6's.
  Result<void> familiar_names() {
    for (std::size_t i = 0; i < rule_.icmp.size(); ++i) {
      const auto slash = rule_.icmp[i].find('/');
      const auto v6 = parse_icmp("v6-" + rule_.icmp[i].substr(0, slash));
      if (v6) spec_.icmp.items[i].type = v6->type;
    }
    return {};
  }

  Result<void> flags() {
    if (rule_.tcp_flags.empty()) return {};
    const auto& wanted = spec_.protocols;
    if (wanted.negated || wanted.items != std::vector<std::uint8_t>{kTcp})
      return wrong(at("tcp_flags"), "flags need protocol tcp");
    FlagTest test{0, 0, rule_.tcp_flags_not};
    for (std::size_t i = 0; i < rule_.tcp_flags.size(); ++i) {
      std::string_view word = rule_.tcp_flags[i];
      if (word == "none") {
        test.mask = kFin | kSyn | kRst | kPsh | kAck | kUrg;
        continue;
      }
      const bool is_clear = word.starts_with('!');
      if (is_clear) word.remove_prefix(1);
      const auto bit = parse_flags(word);
      if (!bit || *bit == 0)
        return wrong(fmt::format("{}/{}", at("tcp_flags"), i), bit ? "a flag is wanted" : bit.error().message);
      if ((test.mask & *bit) != 0) return wrong(fmt::format("{}/{}", at("tcp_flags"), i), "this flag is named twice");
      test.mask = static_cast<std::uint8_t>(test.mask | *bit);
      if (!is_clear) test.value = static_cast<std::uint8_t>(test.value | *bit);
    }
    spec_.tcp_flags = test;
    return {};
  }

  template <class Item>
  Result<int> find(std::string_view key, const std::vector<Item>& all, const std::string& wanted) {
    if (wanted.empty()) return -1;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].name == wanted) return static_cast<int>(i);
    return wrong(at(key), fmt::format("there is no {} \"{}\"", key, wanted));
  }

  Result<void> where_and_when() {
    for (std::size_t i = 0; i < rule_.interfaces.size(); ++i)
      WD_TRY(check_interface_pattern(rule_.interfaces[i]).in(fmt::format("{}/{}", at("interfaces"), i)));
    spec_.interfaces = {rule_.interfaces, rule_.interfaces_not};
    spec_.schedule = WD_TRY(find("schedule", policy_.schedules, rule_.schedule));
    spec_.context = WD_TRY(find("context", policy_.contexts, rule_.context));
    return {};
  }

  const Policy& policy_;
  const Rule& rule_;
  std::string place_;
  RuleSpec spec_;
};

template <class T, class Next>
std::vector<Range<T>> merge(std::vector<Range<T>> ranges, Next is_adjacent) {
  std::sort(ranges.begin(), ranges.end());
  std::vector<Range<T>> out;
  for (const Range<T>& range : ranges) {
    if (!out.empty() && is_adjacent(out.back(), range)) {
      out.back().last = std::max(out.back().last, range.last);
    } else {
      out.push_back(range);
    }
  }
  return out;
}

}  // namespace

std::string_view name(RuleAction action) noexcept {
  switch (action) {
    case RuleAction::Bypass:
      return "bypass";
    case RuleAction::LogOnly:
      return "log-only";
    case RuleAction::ForceAllow:
      return "force-allow";
    case RuleAction::Deny:
      return "deny";
    case RuleAction::Allow:
      return "allow";
  }
  return "deny";
}

std::string_view name(Direction direction) noexcept {
  return direction == Direction::Incoming ? "incoming" : "outgoing";
}

std::vector<AddressRange> merged(std::vector<AddressRange> ranges) {
  return merge(std::move(ranges), [](const AddressRange& a, const AddressRange& b) {
    if (a.first.is_v4() != b.first.is_v4()) return false;
    return b.first <= a.last || next(a.last) == b.first;
  });
}

std::vector<PortRange> merged(std::vector<PortRange> ranges) {
  return merge(std::move(ranges), [](const PortRange& a, const PortRange& b) { return b.first <= a.last + 1; });
}

Result<std::vector<RuleSpec>> resolve_rules(const Policy& policy) {
  std::set<std::string_view> names;
  std::vector<RuleSpec> specs;
  for (std::size_t i = 0; i < policy.rules.size(); ++i) {
    const std::string place = fmt::format("/rules/{}", i);
    if (!names.insert(policy.rules[i].id).second)
      return wrong(place + "/id", fmt::format("\"{}\" is the id of an earlier rule", policy.rules[i].id));
    RuleSpec spec = WD_TRY(Resolver(policy, policy.rules[i], place).resolve());
    if (policy.rules[i].enabled) specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace warder::firewall
