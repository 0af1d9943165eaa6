#include "engines/firewall/variants.h"

#include <algorithm>

namespace warder::firewall {
namespace {

std::vector<AddressRange> of_family(const std::vector<AddressRange>& ranges, Family family) {
  std::vector<AddressRange> out;
  std::copy_if(ranges.begin(), ranges.end(), std::back_inserter(out),
               [&](const AddressRange& range) { return range.first.is_v4() == (family == Family::V4); });
  return out;
}

/// False: no packet of this family can match.
bool add_addresses(Tests& tests, const OneOf<AddressRange>& addresses, Side side, Family family) {
  if (addresses.is_any()) return true;
  auto ranges = of_family(addresses.items, family);
  if (ranges.empty()) return addresses.negated;
  tests.emplace_back(AddressIn{side, family, std::move(ranges), addresses.negated});
  return true;
}

void add_transport(Tests& tests, const RuleSpec& rule) {
  if (!rule.protocols.is_any()) tests.emplace_back(ProtocolIn{rule.protocols.items, rule.protocols.negated});
  if (rule.tcp_flags) tests.emplace_back(FlagsAre{*rule.tcp_flags});
  if (!rule.icmp.is_any()) {
    const Family family = rule.protocols.items.front() == kIcmp ? Family::V4 : Family::V6;
    tests.emplace_back(IcmpIn{family, rule.icmp.items, rule.icmp.negated});
  }
  if (!rule.source_ports.is_any())
    tests.emplace_back(PortIn{Side::Source, rule.source_ports.items, rule.source_ports.negated});
  if (!rule.destination_ports.is_any())
    tests.emplace_back(PortIn{Side::Destination, rule.destination_ports.items, rule.destination_ports.negated});
}

void add_link(Tests& tests, const RuleSpec& rule) {
  if (!rule.source_macs.is_any())
    tests.emplace_back(MacIn{Side::Source, rule.source_macs.items, rule.source_macs.negated});
  if (!rule.destination_macs.is_any())
    tests.emplace_back(MacIn{Side::Destination, rule.destination_macs.items, rule.destination_macs.negated});
  if (rule.interfaces.negated)
    for (const std::string& pattern : rule.interfaces.items)
      tests.emplace_back(InterfaceIs{rule.direction, pattern, true});
}

void add_variant(std::vector<Tests>& variants, const Tests& tests, const RuleSpec& rule) {
  if (rule.interfaces.is_any() || rule.interfaces.negated) {
    variants.push_back(tests);
    return;
  }
  for (const std::string& pattern : rule.interfaces.items) {
    Tests more = tests;
    more.emplace_back(InterfaceIs{rule.direction, pattern, false});
    variants.push_back(std::move(more));
  }
}

}  // namespace

std::vector<Tests> ip_variants(const RuleSpec& rule) {
  std::vector<Tests> variants;
  const bool has_addresses = !rule.source.is_any() || !rule.destination.is_any();
  const bool is_of_one_family = rule.is_v4 != rule.is_v6;
  if (!has_addresses && !is_of_one_family) {
    if (!rule.is_v4) return variants;
    Tests tests;
    add_transport(tests, rule);
    add_link(tests, rule);
    add_variant(variants, tests, rule);
    return variants;
  }
  for (const Family family : {Family::V4, Family::V6}) {
    if (!(family == Family::V4 ? rule.is_v4 : rule.is_v6)) continue;
    Tests tests{FamilyIs{family}};
    add_transport(tests, rule);
    if (!add_addresses(tests, rule.source, Side::Source, family)) continue;
    if (!add_addresses(tests, rule.destination, Side::Destination, family)) continue;
    add_link(tests, rule);
    add_variant(variants, tests, rule);
  }
  return variants;
}

std::vector<KeyedVariant> as_keys(const Tests& tests) {
  KeyedVariant keyed;
  std::vector<std::uint8_t> protocols;
  for (const Test& test : tests) {
    if (std::holds_alternative<FamilyIs>(test)) {
      keyed.family = std::get<FamilyIs>(test).family;
    } else if (const auto* protocol = std::get_if<ProtocolIn>(&test)) {
      if (protocol->negated) return {};
      protocols = protocol->protocols;
    } else if (const auto* address = std::get_if<AddressIn>(&test)) {
      if (address->negated || address->ranges.size() != 1) return {};
      const bool is_source = address->side == Side::Source;
      (is_source ? keyed.key.source : keyed.key.destination) = address->ranges.front();
      (is_source ? keyed.has_source : keyed.has_destination) = true;
    } else if (const auto* port = std::get_if<PortIn>(&test)) {
      if (port->negated || port->ranges.size() != 1) return {};
      const bool is_source = port->side == Side::Source;
      (is_source ? keyed.key.source_port : keyed.key.destination_port) = port->ranges.front();
      (is_source ? keyed.has_source_port : keyed.has_destination_port) = true;
    } else {
      return {};
    }
  }
  const bool has_anything =
      keyed.has_source || keyed.has_destination || keyed.has_source_port || keyed.has_destination_port;
  // A key without addresses holds for both families; one that names a family but no address is no key.
  const bool names_family = !tests.empty() && std::holds_alternative<FamilyIs>(tests.front());
  if (!has_anything || protocols.empty() || (names_family && !keyed.has_source && !keyed.has_destination)) return {};
  std::vector<KeyedVariant> out;
  for (const std::uint8_t protocol : protocols) {
    keyed.key.protocol = protocol;
    out.push_back(keyed);
  }
  return out;
}

}  // namespace warder::firewall
