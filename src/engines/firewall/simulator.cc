#include "engines/firewall/simulator.h"

#include <algorithm>

#include "model/kernel_names.h"

namespace warder::firewall {
namespace {

constexpr int kTrackingPriority = -200;  // linux/netfilter_ipv4.h: NF_IP_PRI_CONNTRACK

template <class T>
bool any_contains(const std::vector<Range<T>>& ranges, const T& value) {
  const auto at = std::upper_bound(ranges.begin(), ranges.end(), value,
                                   [](const T& v, const Range<T>& range) { return v < range.first; });
  return at != ranges.begin() && std::prev(at)->contains(value);
}

bool has_ports(const Packet& packet) {
  const std::uint8_t p = packet.tuple.protocol;
  return packet.has_transport && (p == kTcp || p == kUdp || p == kSctp || p == 136);
}

const IpAddress& address_of(const Packet& packet, Side side) {
  return side == Side::Source ? packet.tuple.source : packet.tuple.destination;
}

struct Holds {
  const Packet& packet;

  bool operator()(const FamilyIs& t) const { return packet.is_ip() && packet.family() == t.family; }
  bool operator()(const EtherTypeIs& t) const { return packet.ether_type == t.type; }
  bool operator()(const ProtocolIn& t) const {
    const bool found = std::find(t.protocols.begin(), t.protocols.end(), packet.tuple.protocol) != t.protocols.end();
    return packet.is_ip() && found != t.negated;
  }
  bool operator()(const AddressIn& t) const {
    if (!packet.is_ip() || packet.family() != t.family) return false;
    return any_contains(t.ranges, address_of(packet, t.side)) != t.negated;
  }
  bool operator()(const PortIn& t) const {
    if (!has_ports(packet)) return false;
    const std::uint16_t port = t.side == Side::Source ? packet.tuple.source_port : packet.tuple.destination_port;
    return any_contains(t.ranges, port) != t.negated;
  }
  bool operator()(const MacIn& t) const {
    const auto& mac = t.side == Side::Source ? packet.source_mac : packet.destination_mac;
    return mac && std::binary_search(t.macs.begin(), t.macs.end(), *mac) != t.negated;
  }
  bool operator()(const FlagsAre& t) const {
    if (packet.tuple.protocol != kTcp || !packet.has_transport) return false;
    return ((packet.tcp_flags & t.test.mask) == t.test.value) != t.test.negated;
  }
  bool operator()(const IcmpIn& t) const {
    const std::uint8_t wanted = t.family == Family::V4 ? kIcmp : kIcmp6;
    if (packet.tuple.protocol != wanted || !packet.has_transport) return false;
    const bool found = std::any_of(t.types.begin(), t.types.end(), [&](const IcmpTest& test) {
      return test.type == packet.icmp_type && (!test.code || *test.code == packet.icmp_code);
    });
    return found != t.negated;
  }
  bool operator()(const InterfaceIs& t) const { return matches_interface(t.pattern, packet.interface) != t.negated; }
  bool operator()(const Fragment& t) const {
    if (!packet.is_fragment || packet.family() != t.family) return false;
    return t.smaller_than == 0 || (packet.has_more_fragments && packet.bytes < t.smaller_than);
  }
  bool operator()(const PacketBytesBelow& t) const { return packet.bytes < t.bytes; }
  // These need more than the packet.
  bool operator()(const AddressInSet& /*t*/) const { return false; }
  bool operator()(const StateIn& /*t*/) const { return false; }
  bool operator()(const ConnectionMark& /*t*/) const { return false; }
  bool operator()(const IsReply& /*t*/) const { return false; }
  bool operator()(const HasHelper& /*t*/) const { return false; }
  bool operator()(const RateOver& /*t*/) const { return false; }
  bool operator()(const ConnectionsOver& /*t*/) const { return false; }
  bool operator()(const Remember& /*t*/) const { return false; }
  bool operator()(const Forget& /*t*/) const { return false; }
  // Of steps that observe, which are left out.
  bool operator()(const UrgentWithoutFlag& /*t*/) const { return false; }
  bool operator()(const NotSeen& /*t*/) const { return false; }
  bool operator()(const See& /*t*/) const { return false; }
  bool operator()(const RateUnder& /*t*/) const { return false; }
};

std::string key_text(const Lookup& lookup, const LookupKey& key) {
  std::string out(1, static_cast<char>(key.protocol));
  const auto address = [&](const IpAddress& a) { out.append(a.bytes().begin(), a.bytes().end()); };
  const auto port = [&](std::uint16_t p) {
    out.push_back(static_cast<char>(p >> 8));
    out.push_back(static_cast<char>(p & 0xff));
  };
  if (lookup.has_source) address(key.source.first);
  if (lookup.has_destination) address(key.destination.first);
  if (lookup.has_source_port) port(key.source_port.first);
  if (lookup.has_destination_port) port(key.destination_port.first);
  return out;
}

LookupKey key_of(const Packet& packet) {
  const Tuple& t = packet.tuple;
  return {t.protocol,
          {t.source, t.source},
          {t.destination, t.destination},
          {t.source_port, t.source_port},
          {t.destination_port, t.destination_port}};
}

/// The connection as our dynamic sets know it: source address and port.
Tuple set_key(const Packet& packet) {
  return {packet.tuple.source, {}, 0, packet.tuple.source_port, 0};
}

}  // namespace

bool holds(const Test& test, const Packet& packet) {
  return std::visit(Holds{packet}, test);
}

/// One packet on its way through the program.
struct Simulator::Run {
  Simulator& simulator;
  const Packet& packet;
  Decision decision{};
  PacketState state{};
  int rule = -1;
  bool has_ended = false;
  bool has_returned = false;
  unsigned depth = 0;

  const Program& program() const { return simulator.compiled_->program; }

  struct Stateful {
    Run& run;
    const Test& which;
    bool operator()(const AddressInSet& t) const {
      if (run.packet.family() != t.family) return false;
      auto& elements = run.simulator.sets_[t.set].elements;
      const auto found = elements.find({address_of(run.packet, t.side), {}, 0, 0, 0});
      return found != elements.end() && found->second > run.packet.time;
    }
    bool operator()(const StateIn& t) const { return (run.state.state & t.states) != 0; }
    bool operator()(const ConnectionMark& t) const {
      return run.state.has_connection && (run.simulator.connections_.mark(run.state) & t.mask) == t.value;
    }
    bool operator()(const IsReply& /*t*/) const { return run.state.has_connection && run.state.is_reply; }
    bool operator()(const HasHelper& /*t*/) const { return run.packet.state == kRelated; }
    bool operator()(const RateOver& t) const { return run.is_over_rate(which, t); }
    bool operator()(const ConnectionsOver& t) const { return run.is_over_count(which, t); }
    bool operator()(const Remember& t) const { return run.remember(t); }
    bool operator()(const Forget& t) const {
      if (run.packet.family() == t.family) run.simulator.sets_[t.set].elements.erase(set_key(run.packet));
      return true;
    }
    template <class Plain>
    bool operator()(const Plain& t) const {
      return Holds{run.packet}(t);
    }
  };

  bool test(const Test& test) { return std::visit(Stateful{*this, test}, test); }

  bool is_over_rate(const Test& which, const RateOver& t) {
    const Tuple key = t.set.empty() ? Tuple{} : set_key(packet);
    const auto [at, is_new] = simulator.buckets_.try_emplace({&which, key});
    Bucket& bucket = at->second;
    const double most = t.per_second;
    const double passed = std::chrono::duration<double>(packet.time - bucket.last).count();
    bucket.tokens = is_new ? most : std::min(most, bucket.tokens + passed * most);
    bucket.last = packet.time;
    if (bucket.tokens < 1) return true;
    bucket.tokens -= 1;
    return false;
  }

  bool is_over_count(const Test& which, const ConnectionsOver& t) {
    auto& counted = simulator.counted_[&which];
    std::erase_if(counted, [&](const Tuple& key) { return key != state.key && !simulator.connections_.is_open(key); });
    if (std::find(counted.begin(), counted.end(), state.key) == counted.end()) counted.push_back(state.key);
    return counted.size() > t.count;
  }

  bool remember(const Remember& t) {
    if (packet.family() != t.family) return false;
    const auto set = std::find_if(program().sets.begin(), program().sets.end(),
                                  [&](const DynamicSet& s) { return s.name == t.set; });
    auto& elements = simulator.sets_[t.set].elements;
    std::erase_if(elements, [&](const auto& entry) { return entry.second <= packet.time; });
    const Tuple key = set_key(packet);
    if (elements.contains(key)) return true;
    if (elements.size() >= set->size) return false;
    elements[key] = packet.time + std::chrono::seconds{set->timeout_s};
    return true;
  }

  void chain(std::size_t index) {
    if (++depth > program().chains.size() + 1) return;  // cannot be: chains only name later outcomes
    for (const Step& each : program().chains[index].steps) {
      if (each.observes) continue;
      if (!std::all_of(each.tests.begin(), each.tests.end(), [&](const Test& t) { return test(t); })) continue;
      take(each);
      if (has_ended || has_returned) break;
    }
    --depth;
  }

  void take(const Step& step) {
    const bool is_log_only =
        step.rule >= 0 && simulator.compiled_->rules[static_cast<std::size_t>(step.rule)].action == RuleAction::LogOnly;
    if (step.rule >= 0 && !is_log_only) rule = step.rule;
    if (step.marks_bypass) {
      decision.is_bypassed = true;
      if (state.has_connection)
        simulator.connections_.set_mark(state, simulator.connections_.mark(state) | kernel::kMarkBypass);
    }
    if (is_log_only) decision.log_rule = step.rule;
    if (step.log) decision.log.push_back(*step.log);
    if (const End* end = std::get_if<End>(&step.ending)) {
      finish(*end);
    } else if (const GoTo* go = std::get_if<GoTo>(&step.ending)) {
      chain(go->chain);
      has_returned = !has_ended;  // what follows a goto is not looked at again
    } else if (const Call* call = std::get_if<Call>(&step.ending)) {
      chain(call->chain);
      has_returned = false;
    } else if (std::holds_alternative<Return>(step.ending)) {
      has_returned = true;
    } else if (const Lookup* lookup = std::get_if<Lookup>(&step.ending)) {
      look_up(step, *lookup);
    }
  }

  void look_up(const Step& step, const Lookup& lookup) {
    const bool needs_ports = lookup.has_source_port || lookup.has_destination_port;
    if (needs_ports && !has_ports(packet)) return;
    const LookupKey key = key_of(packet);
    const LookupEntry* found = nullptr;
    if (lookup.is_exact) {
      const auto& index = simulator.lookups_.at(&step);
      if (const auto at = index.find(key_text(lookup, key)); at != index.end()) found = &lookup.entries[at->second];
    } else {
      const auto covers = [&](const LookupEntry& e) {
        return e.key.protocol == key.protocol && (!lookup.has_source || e.key.source.contains(key.source.first)) &&
               (!lookup.has_destination || e.key.destination.contains(key.destination.first)) &&
               (!lookup.has_source_port || e.key.source_port.contains(key.source_port.first)) &&
               (!lookup.has_destination_port || e.key.destination_port.contains(key.destination_port.first));
      };
      const auto at = std::find_if(lookup.entries.begin(), lookup.entries.end(), covers);
      if (at != lookup.entries.end()) found = &*at;
    }
    if (found == nullptr) return;
    rule = found->rule;
    chain(found->chain);
    has_returned = !has_ended;
  }

  void finish(const End& end) {
    has_ended = true;
    decision.verdict = end.verdict;
    decision.code = end.code;
    decision.stage = end.stage;
    decision.is_enforced = end.verdict == Verdict::Accept || !program().is_tap || end.is_enforced_in_tap;
    const bool is_by_rule = end.stage == Stage::Rule || (end.stage == Stage::Default && rule >= 0);
    decision.rule = is_by_rule ? rule : -1;
    if (is_by_rule) decision.stage = rule >= 0 ? Stage::Rule : Stage::Default;
    // Where nothing else decided, the rule that reports the packet did.
    if (decision.stage == Stage::Default && decision.log_rule >= 0) {
      decision.stage = Stage::Rule;
      decision.rule = decision.log_rule;
    }
  }

  void through_hook(Hook hook, Table table) {
    std::vector<std::size_t> bases;
    for (std::size_t i = 0; i < program().chains.size(); ++i)
      if (program().chains[i].hook == hook && program().chains[i].table == table) bases.push_back(i);
    std::stable_sort(bases.begin(), bases.end(), [&](std::size_t a, std::size_t b) {
      return program().chains[a].priority < program().chains[b].priority;
    });
    for (const std::size_t base : bases) {
      if (program().chains[base].priority >= kTrackingPriority && !is_tracked) track();
      has_ended = has_returned = false;
      depth = 0;
      chain(base);
      if (has_ended && decision.verdict == Verdict::Drop) return;
    }
  }

  void track() {
    is_tracked = true;
    if (table_of() == Table::Inet) state = simulator.connections_.look_up(packet);
    decision.state = state.state;
  }

  Table table_of() const {
    if (packet.is_ip()) return Table::Inet;
    return packet.ether_type == kEtherArp ? Table::Arp : Table::Netdev;
  }

  Decision run() {
    const Table table = table_of();
    const bool is_incoming = packet.direction == Direction::Incoming;
    if (table == Table::Netdev) {
      through_hook(is_incoming ? Hook::Ingress : Hook::Egress, table);
    } else {
      if (is_incoming && table == Table::Inet) through_hook(Hook::Prerouting, table);
      const bool is_dropped = decision.verdict == Verdict::Drop && !passes_anyway();
      if (!is_dropped) {
        if (!passes_anyway()) decision = Decision{};
        through_hook(!is_incoming ? Hook::Output : packet.is_forwarded ? Hook::Forward : Hook::Input, table);
      }
    }
    if (!is_tracked) track();
    decision.state = state.state;
    if (decision.verdict == Verdict::Accept || !decision.is_enforced) simulator.connections_.confirm(packet, state);
    return std::move(decision);
  }

  bool passes_anyway() const { return decision.verdict == Verdict::Drop && !decision.is_enforced; }

  bool is_tracked = false;
};

Simulator::Simulator(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {
  prepare();
}

void Simulator::replace(std::shared_ptr<const Compiled> compiled) {
  compiled_ = std::move(compiled);
  prepare();
}

void Simulator::prepare() {
  lookups_.clear();
  counted_.clear();
  buckets_.clear();
  sets_.clear();
  for (const DynamicSet& set : compiled_->program.sets)
    for (const DynamicSet::Element& element : set.elements)
      sets_[set.name].elements[{element.address, {}, 0, 0, 0}] =
          compiled_->conditions.now + std::chrono::seconds{element.remaining_s};
  for (const Chain& chain : compiled_->program.chains) {
    for (const Step& step : chain.steps) {
      const Lookup* lookup = std::get_if<Lookup>(&step.ending);
      if (lookup == nullptr || !lookup->is_exact) continue;
      auto& index = lookups_[&step];
      for (std::size_t i = 0; i < lookup->entries.size(); ++i)
        index.emplace(key_text(*lookup, lookup->entries[i].key), i);
    }
  }
}

Decision Simulator::decide(const Packet& packet) {
  return Run{*this, packet}.run();
}

}  // namespace warder::firewall
