#include "engines/firewall/builder.h"

#include <algorithm>

#include "model/kernel_names.h"

namespace warder::firewall {
namespace {

constexpr int kFragmentPriority = -450;  // before reassembly (linux/netfilter_ipv4.h: NF_IP_PRI_CONNTRACK_DEFRAG, -400)

AddressRange only(const IpAddress& address) {
  return {address, address};
}

Family family_of(const IpAddress& address) {
  return address.is_v4() ? Family::V4 : Family::V6;
}

PortRange port(std::uint16_t number) {
  return {number, number};
}

}  // namespace

std::size_t Builder::add_chain(Chain chain) {
  program_.chains.push_back(std::move(chain));
  return program_.chains.size() - 1;
}

std::size_t Builder::add_plain_chain(std::string name, Direction direction) {
  Chain chain;
  chain.name = std::move(name);
  chain.direction = direction;
  return add_chain(std::move(chain));
}

void Builder::add(std::size_t chain, Tests tests, Ending ending, std::optional<LogEntry> log) {
  Step step;
  step.tests = std::move(tests);
  step.log = log;
  step.ending = std::move(ending);
  steps(chain).push_back(std::move(step));
}

std::optional<LogEntry> Builder::refusal(Code code) const {
  if (!compiled_.policy.log_denied) return std::nullopt;
  return LogEntry{code, -1, false};
}

void Builder::drop(std::size_t chain, Tests tests, Stage stage, Code code, bool is_enforced_in_tap) {
  add(chain, std::move(tests), End{Verdict::Drop, stage, code, is_enforced_in_tap}, refusal(code));
}

void Builder::accept(std::size_t chain, Tests tests, Stage stage) {
  add(chain, std::move(tests), End{Verdict::Accept, stage, Code::None});
}

void Builder::build() {
  program_.is_tap = compiled_.policy.mode == "tap";
  build_fragments();
  build_recon();
  build_early();
  for (const Direction direction : {Direction::Incoming, Direction::Outgoing}) {
    build_pass_chains(direction);
    build_allow_chain(direction);
  }
  for (const Direction direction : {Direction::Incoming, Direction::Outgoing}) build_direction(direction);
  add_link_frames(Table::Arp);
  add_link_frames(Table::Netdev);
}

void Builder::add_ignored(std::size_t chain, Direction direction) {
  accept(chain, {InterfaceIs{direction, "lo"}}, Stage::Ignored);
  for (const std::string& pattern : compiled_.policy.ignore_interfaces)
    accept(chain, {InterfaceIs{direction, pattern}}, Stage::Ignored);
}

void Builder::build_fragments() {
  const Policy& policy = compiled_.policy;
  if (!policy.deny_fragments && policy.min_fragment_bytes == 0) return;
  for (const Direction direction : {Direction::Incoming, Direction::Outgoing}) {
    const bool is_incoming = direction == Direction::Incoming;
    if (!is_incoming && !policy.deny_fragments) continue;
    Chain chain;
    chain.name = is_incoming ? "fragments_in" : "fragments_out";
    chain.hook = is_incoming ? Hook::Prerouting : Hook::Output;
    chain.priority = kFragmentPriority;
    chain.direction = direction;
    const std::size_t at = add_chain(std::move(chain));
    add_ignored(at, direction);
    if (policy.deny_fragments) {
      for (const Family family : {Family::V4, Family::V6})
        drop(at, {FamilyIs{family}, Fragment{family}}, Stage::Check, Code::Fragmented);
    } else {
      const auto least = static_cast<std::uint16_t>(policy.min_fragment_bytes);
      drop(at, {FamilyIs{Family::V4}, Fragment{Family::V4, least}}, Stage::Check, Code::FirstFragmentTooSmall);
    }
  }
}

void Builder::build_early() {
  Chain chain;
  chain.name = "early";
  chain.hook = Hook::Prerouting;
  chain.priority = kernel::kEarlyDropPriority;
  const std::size_t at = add_chain(std::move(chain));
  add_ignored(at, Direction::Incoming);
  for (const Family family : {Family::V4, Family::V6}) {
    DynamicSet set;
    set.name = family == Family::V4 ? kBlocked4 : kBlocked6;
    set.family = family;
    set.timeout_s = static_cast<std::uint32_t>(compiled_.policy.recon_block_min * 60);
    for (const BlockedSource& source : compiled_.conditions.blocked)
      if (source.address.is_v4() == (family == Family::V4))
        set.elements.push_back({source.address, static_cast<std::uint32_t>(source.remaining.count())});
    program_.sets.push_back(std::move(set));
  }
  if (compiled_.policy.protect_manager_link) add_manager(at, Direction::Incoming);
  for (const Family family : {Family::V4, Family::V6}) {
    const auto set = std::string(family == Family::V4 ? kBlocked4 : kBlocked6);
    drop(at, {FamilyIs{family}, AddressInSet{Side::Source, family, set}}, Stage::Blocked, Code::BlockedSource);
  }
  if (recon_chain_) {
    Step step;
    step.observes = true;
    step.ending = Call{*recon_chain_};
    steps(at).push_back(std::move(step));
  }
  add_ftp_helper(at, Direction::Incoming);
}

void Builder::add_ftp_helper(std::size_t chain, Direction direction) {
  const Policy& policy = compiled_.policy;
  const bool is_wanted = direction == Direction::Incoming ? policy.ftp_active_incoming || policy.ftp_passive_incoming
                                                          : policy.ftp_active_outgoing || policy.ftp_passive_outgoing;
  if (!is_wanted) return;
  program_.has_ftp_helper = true;
  add(chain, {ProtocolIn{{kTcp}}, PortIn{Side::Destination, {port(21)}}, StateIn{kNew}}, SetHelper{"ftp"});
}

void Builder::add_manager(std::size_t chain, Direction direction) {
  const bool is_incoming = direction == Direction::Incoming;
  const Side side = is_incoming ? Side::Source : Side::Destination;
  for (const ManagerEndpoint& manager : compiled_.conditions.manager) {
    const Family family = family_of(manager.address);
    Tests tests{FamilyIs{family}, AddressIn{side, family, {only(manager.address)}}, ProtocolIn{{kTcp}},
                PortIn{side, {port(manager.port)}}};
    // What comes from the manager is an answer; a scan from its address and port is not.
    if (is_incoming) tests.emplace_back(StateIn{kEstablished});
    accept(chain, std::move(tests), Stage::Always);
  }
}

void Builder::add_dhcp(std::size_t chain, Direction direction) {
  struct Ports {
    Family family;
    std::uint16_t client;
    std::uint16_t server;
  };
  for (const Ports& p : {Ports{Family::V4, 68, 67}, Ports{Family::V6, 546, 547}}) {
    const bool is_incoming = direction == Direction::Incoming;
    accept(chain,
           {FamilyIs{p.family}, ProtocolIn{{kUdp}}, PortIn{Side::Source, {port(is_incoming ? p.server : p.client)}},
            PortIn{Side::Destination, {port(is_incoming ? p.client : p.server)}}},
           Stage::Always);
  }
}

void Builder::add_always(std::size_t chain, Direction direction) {
  const Policy& policy = compiled_.policy;
  if (policy.protect_manager_link) add_manager(chain, direction);
  if (policy.allow_dhcp) add_dhcp(chain, direction);
  if (policy.allow_neighbour_discovery) {
    // RFC 4890 §4.4.1: multicast listeners and neighbour discovery.
    std::vector<IcmpTest> types;
    for (const int type : {130, 131, 132, 133, 134, 135, 136, 137, 143})
      types.push_back({static_cast<std::uint8_t>(type), {}});
    accept(chain, {FamilyIs{Family::V6}, ProtocolIn{{kIcmp6}}, IcmpIn{Family::V6, types}}, Stage::Always);
  }
  if (policy.allow_fragmentation_needed) {
    accept(chain, {FamilyIs{Family::V4}, ProtocolIn{{kIcmp}}, IcmpIn{Family::V4, {{3, 4}}}}, Stage::Always);
    accept(chain, {FamilyIs{Family::V6}, ProtocolIn{{kIcmp6}}, IcmpIn{Family::V6, {{2, {}}}}}, Stage::Always);
  }
}

void Builder::add_isolation(std::size_t chain, Direction direction) {
  const Policy& policy = compiled_.policy;
  add_manager(chain, direction);
  add_dhcp(chain, direction);
  std::vector<IcmpTest> neighbours;
  for (const int type : {133, 134, 135, 136}) neighbours.push_back({static_cast<std::uint8_t>(type), {}});
  accept(chain, {FamilyIs{Family::V6}, ProtocolIn{{kIcmp6}}, IcmpIn{Family::V6, neighbours}}, Stage::Always);
  std::vector<AddressRange> allowed;
  for (const std::string& text : policy.isolation_allow)
    if (const auto range = parse_address_range(text)) allowed.push_back(*range);
  for (const AddressRange& range : merged(std::move(allowed))) {
    const Family family = family_of(range.first);
    const Side side = direction == Direction::Incoming ? Side::Source : Side::Destination;
    accept(chain, {FamilyIs{family}, AddressIn{side, family, {range}}}, Stage::Isolated);
  }
  drop(chain, {}, Stage::Isolated, Code::HostIsolated, true);
}

void Builder::add_interface_isolation(std::size_t chain, Direction direction) {
  const Interface* active = nullptr;
  for (const std::string& pattern : compiled_.policy.interface_isolation) {
    const auto& all = compiled_.conditions.interfaces;
    const auto found = std::find_if(all.begin(), all.end(), [&](const Interface& interface) {
      return interface.is_up && interface.name != "lo" && matches_interface(pattern, interface.name);
    });
    if (found == all.end()) continue;
    active = &*found;
    break;
  }
  if (active == nullptr) return;
  drop(chain, {InterfaceIs{direction, active->name, true}}, Stage::Isolated, Code::InterfaceIsolated);
}

void Builder::add_link_frames(Table table) {
  const auto& order = compiled_.order;
  const auto is_here = [&](int rule) {
    const auto& types = compiled_.rules[static_cast<std::size_t>(rule)].ether_types;
    return std::any_of(types.begin(), types.end(),
                       [&](std::uint16_t type) { return (type == kEtherArp) == (table == Table::Arp); });
  };
  for (const Direction direction : {Direction::Incoming, Direction::Outgoing}) {
    Chain chain;
    chain.name = direction == Direction::Incoming ? "input" : "output";
    chain.table = table;
    chain.direction = direction;
    if (table == Table::Arp) {
      chain.hook = direction == Direction::Incoming ? Hook::Input : Hook::Output;
    } else {
      chain.hook = direction == Direction::Incoming ? Hook::Ingress : Hook::Egress;
      for (const Interface& interface : compiled_.conditions.interfaces)
        if (interface.name != "lo") chain.devices.push_back(interface.name);
      if (chain.devices.empty()) return;
    }
    bool has_explicit_allow = false;
    for (const std::size_t index : order) {
      const RuleSpec& rule = compiled_.rules[index];
      if (rule.direction != direction || !is_here(static_cast<int>(index)) || rule.action == RuleAction::LogOnly)
        continue;
      const bool is_explicit = !rule.is_v4 && !rule.is_v6;
      has_explicit_allow = has_explicit_allow || (is_explicit && rule.action == RuleAction::Allow);
      for (const std::uint16_t type : rule.ether_types) {
        if ((type == kEtherArp) != (table == Table::Arp)) continue;
        Step step;
        if (table == Table::Netdev) step.tests.emplace_back(EtherTypeIs{type});
        for (const std::string& pattern : rule.interfaces.items)
          step.tests.emplace_back(InterfaceIs{direction, pattern, rule.interfaces.negated});
        const bool is_denied = rule.action == RuleAction::Deny;
        step.rule = static_cast<int>(index);
        if (is_denied && rule.log) step.log = LogEntry{Code::DenyRule, step.rule, rule.packet_data};
        step.ending =
            End{is_denied ? Verdict::Drop : Verdict::Accept, Stage::Rule, is_denied ? Code::DenyRule : Code::None};
        chain.steps.push_back(std::move(step));
      }
    }
    if (has_explicit_allow && table == Table::Arp) {
      Step step;
      step.log = refusal(Code::OutOfAllowedPolicy);
      step.ending = End{Verdict::Drop, Stage::Implicit, Code::OutOfAllowedPolicy};
      chain.steps.push_back(std::move(step));
    }
    if (!chain.steps.empty()) add_chain(std::move(chain));
  }
}

}  // namespace warder::firewall
