#include "engines/ips/rule_set.h"

#include <algorithm>
#include <map>

#include "engines/ips/fast_pattern.h"

namespace warder::ips {

namespace {

constexpr std::size_t kFirstProtocol = 2;  // before it: unknown, failed
constexpr std::size_t kFewPorts = 16;      // a rule of so many is searched for only in their packets
constexpr app::Direction kDirections[] = {app::Direction::ToServer, app::Direction::ToClient};

bool may_go(const Rule& rule, app::Direction direction) noexcept {
  return direction == app::Direction::ToServer ? !rule.flow.to_client : !rule.flow.to_server;
}

/// Fragments have no transport whatever their protocol is.
bool may_carry(packet::Transport transport, std::optional<std::uint8_t> protocol) noexcept {
  using packet::Transport;
  if (!protocol) return true;
  switch (transport) {
    case Transport::None:
      return true;
    case Transport::Tcp:
      return *protocol == 6;
    case Transport::Udp:
      return *protocol == 17;
    case Transport::Icmp:
      return *protocol == 1;
    case Transport::Icmp6:
      return *protocol == 58;
    case Transport::Sctp:
      return *protocol == 132;
    case Transport::Igmp:
      return *protocol == 2;
    case Transport::Esp:
      return *protocol == 50;
  }
  return true;
}

}  // namespace

/// Builds a RuleSet step by step.
class Compiler {
 public:
  explicit Compiler(LoadedRules rules) : set_(std::make_shared<RuleSet>()) {
    set_->loaded_ = std::move(rules);
    drafts_.emplace_back();  // group 0: no patterns
  }

  Result<std::shared_ptr<const RuleSet>> run(std::span<const ByteView> databases) {
    for (RuleIndex i = 0; i < set_->rules().size(); ++i) place(i);
    set_->ip_only_.by_source.build();
    set_->ip_only_.by_destination.build();
    for (auto& transport : set_->packets_) {
      for (auto& rules : transport) {
        rules.by_source.build();
        rules.by_destination.build();
      }
    }
    if (!databases.empty() && databases.size() != drafts_.size()) {
      return fail(ErrorCode::Stale, "patterns of other rules: compile the rules again");
    }
    for (auto& draft : drafts_) {
      PatternGroup group;
      group.key = draft.key;
      const auto place = set_->groups_.size();
      group.patterns = databases.empty() ? WD_TRY(PatternSet::compile(draft.literals))
                                         : WD_TRY(PatternSet::deserialize(databases[place]));
      group.begins.push_back(0);
      for (const auto& rules : draft.rules) {
        for (const auto rule : rules) group.rules.push_back({rule, set_->rules()[rule].header});
        group.begins.push_back(static_cast<std::uint32_t>(group.rules.size()));
      }
      set_->groups_.push_back(std::move(group));
    }
    return std::shared_ptr<const RuleSet>(set_);
  }

 private:
  /// Rules by what their headers ask for.
  struct Header {
    const Rule* rule;
    friend bool operator<(const Header& a, const Header& b) {
      const auto values = [](const Rule& of) {
        const bool is_either_way = of.is_both_ways || of.is_transactional;
        return std::tuple_cat(std::tie(of.destination_ports.ranges(), of.source_ports.ranges(), of.sources.ranges(),
                                       of.destinations.ranges()),
                              std::tuple(is_either_way));
      };
      return values(*a.rule) < values(*b.rule);
    }
  };

  struct Draft {
    BufferKey key;
    std::vector<Literal> literals;
    std::vector<std::vector<RuleIndex>> rules;
    std::map<std::pair<Bytes, bool>, std::size_t> known;
  };

  void place(RuleIndex index) {
    auto& rule = set_->loaded_.rules[index];
    const auto [known, is_new] = headers_.emplace(Header{&rule}, static_cast<std::uint32_t>(set_->headers_.size()));
    if (is_new) set_->headers_.push_back(index);
    rule.header = known->second;
    for (const auto& file : rule.files) {
      set_->limits_.wants_md5 |= file.kind == FilePart::Kind::Md5;
      set_->limits_.wants_sha1 |= file.kind == FilePart::Kind::Sha1;
      set_->limits_.wants_sha256 |= file.kind == FilePart::Kind::Sha256;
    }
    switch (rule.kind) {
      case RuleKind::IpOnly:
        place_addresses(index, rule);
        break;
      case RuleKind::ProtocolOnly:
        set_->protocol_only_.push_back(index);
        break;
      case RuleKind::DecodeEvent:
        set_->decode_events_.push_back(index);
        break;
      case RuleKind::Frame:
        set_->frame_rules_.push_back(index);
        set_->limits_.wants_frames = true;
        break;
      case RuleKind::Packet:
        place_packet(index, rule);
        break;
      case RuleKind::Transaction:
        place_transaction(index, rule);
        break;
    }
  }

  void place_addresses(RuleIndex index, const Rule& rule) {
    constexpr std::size_t kWide = std::size_t{1} << 20;  // addresses: a set larger than this tells little apart
    auto& rules = set_->ip_only_;
    const auto sources = rule.is_both_ways ? kWide : size_of(rule.sources);
    const auto destinations = rule.is_both_ways ? kWide : size_of(rule.destinations);
    if (std::min(sources, destinations) >= kWide) {
      rules.others.push_back(index);
      return;
    }
    const bool by_source = sources <= destinations;
    auto& chosen = by_source ? rules.by_source : rules.by_destination;
    for (const auto& range : (by_source ? rule.sources : rule.destinations).ranges()) {
      chosen.add(range.first, range.last, index);
    }
  }

  /// How many addresses, as far as the last four bytes tell.
  static std::size_t size_of(const AddressSet& set) {
    std::size_t size = set.is_any() ? SIZE_MAX / 2 : 0;
    for (const auto& range : set.ranges()) {
      const auto low = [](const AddressSet::Value& value) {
        return std::size_t{value[12]} << 24U | std::size_t{value[13]} << 16U | std::size_t{value[14]} << 8U | value[15];
      };
      const bool is_near = std::equal(range.first.begin(), range.first.begin() + 12, range.last.begin());
      size += is_near ? low(range.last) - low(range.first) + 1 : SIZE_MAX / 4;
      if (size >= SIZE_MAX / 4) return SIZE_MAX / 4;
    }
    return size;
  }

  static void place_without_pattern(PacketRules& place, const Rule& rule, RuleIndex index) {
    constexpr std::size_t kWide = 40'000;  // ports
    const auto sources = rule.is_both_ways ? kWide : size_of(rule.source_ports);
    const auto destinations = rule.is_both_ways ? kWide : size_of(rule.destination_ports);
    if (std::min(sources, destinations) >= kWide) {
      place.without_pattern.push_back(index);
      return;
    }
    const bool by_source = sources < destinations;
    for (const auto& range : (by_source ? rule.source_ports : rule.destination_ports).ranges()) {
      (by_source ? place.by_source : place.by_destination).add(range.first, range.last, index);
    }
  }

  static std::size_t size_of(const PortSet& set) {
    std::size_t size = set.is_any() ? 65'536 : 0;
    for (const auto& range : set.ranges()) size += range.last - range.first + 1U;
    return size;
  }

  void place_packet(RuleIndex index, const Rule& rule) {
    const auto* const payload = rule.payload();
    const auto literal = payload == nullptr ? std::nullopt : choose_pattern(*payload);
    set_->loaded_.rules[index].has_pattern = literal.has_value();
    for (std::size_t transport = 0; transport < RuleSet::kTransports; ++transport) {
      const auto transports = rule.protocol.transports;
      if (transports != 0 && (transports >> transport & 1U) == 0) continue;
      if (!may_carry(static_cast<packet::Transport>(transport), rule.ip_protocol)) continue;
      const bool is_tcp = transport == static_cast<std::size_t>(packet::Transport::Tcp);
      for (const auto direction : kDirections) {
        if (!may_go(rule, direction) && rule.protocol.is_arp) continue;
        if (!may_go(rule, direction)) continue;
        auto& place = set_->packets_[transport][app::index(direction)];
        if (!literal) {
          place_without_pattern(place, rule, index);
          continue;
        }
        const auto add_to = [&](PayloadGroups& groups) {
          if (is_tcp && rule.needs_stream) add(group_at(groups.stream), *literal, index);
          if (!is_tcp || rule.needs_packet || !rule.needs_stream) add(group_at(groups.packet), *literal, index);
        };
        const auto& ports = direction == app::Direction::ToServer ? rule.destination_ports : rule.source_ports;
        if (rule.is_both_ways || size_of(ports) > kFewPorts) {
          add_to(place.any_port);
        } else {
          for (const auto& range : ports.ranges()) {
            for (std::uint32_t port = range.first; port <= range.last; ++port)
              add_to(place.by_port[static_cast<std::uint16_t>(port)]);
          }
        }
      }
    }
  }

  void place_transaction(RuleIndex index, const Rule& rule) {
    if (!rule.events.empty() && rule.events[0].protocol == app::Protocol::Unknown) {
      set_->flow_events_.push_back(index);
      return;
    }
    // A => rule is a candidate on the side of its pattern only when it has no buffer on the other.
    const auto best = rule.is_transactional ? std::nullopt : choose_part(rule);
    for (std::size_t protocol = 0; protocol < static_cast<std::size_t>(app::Protocol::Count); ++protocol) {
      if (protocol < kFirstProtocol ||
          (rule.protocol.protocols != 0 && (rule.protocol.protocols >> protocol & 1U) == 0))
        continue;
      for (const auto direction : kDirections) {
        if (!may_go(rule, direction)) continue;
        auto& place = set_->transactions_[protocol][app::index(direction)];
        if (!best) {
          place.without_pattern.push_back(index);
          continue;
        }
        const auto group = app_group(rule.parts[best->part].key, direction);
        if (std::ranges::find(place.groups, group) == place.groups.end()) place.groups.push_back(group);
        if (protocol_seen_.emplace(std::tuple(index, group), true).second) add(drafts_[group], best->literal, index);
      }
    }
  }

  Draft& group_at(std::uint16_t& place) {
    if (place == 0) {
      place = static_cast<std::uint16_t>(drafts_.size());
      drafts_.emplace_back();
    }
    return drafts_[place];
  }

  std::uint16_t app_group(const BufferKey& key, app::Direction direction) {
    auto& known = app_groups_[{static_cast<std::size_t>(key.buffer), app::index(direction)}];
    for (const auto group : known) {
      if (drafts_[group].key == key) return group;
    }
    const auto group = static_cast<std::uint16_t>(drafts_.size());
    drafts_.emplace_back().key = key;
    known.push_back(group);
    return group;
  }

  static void add(Draft& draft, const Literal& literal, RuleIndex index) {
    const auto [place, is_new] =
        draft.known.emplace(std::pair(literal.bytes, literal.is_nocase), draft.literals.size());
    if (is_new) {
      draft.literals.push_back(literal);
      draft.rules.emplace_back();
    }
    draft.rules[place->second].push_back(index);
  }

  std::shared_ptr<RuleSet> set_;
  std::vector<Draft> drafts_;
  std::map<Header, std::uint32_t> headers_;
  std::map<std::pair<std::size_t, std::size_t>, std::vector<std::uint16_t>> app_groups_;
  std::map<std::tuple<RuleIndex, std::uint16_t>, bool> protocol_seen_;
};

Result<std::shared_ptr<const RuleSet>> RuleSet::compile(LoadedRules rules) {
  return Compiler(std::move(rules)).run({});
}

Result<std::shared_ptr<const RuleSet>> RuleSet::compile(LoadedRules rules, std::span<const ByteView> databases) {
  return Compiler(std::move(rules)).run(databases);
}

std::size_t RuleSet::pattern_memory() const noexcept {
  std::size_t bytes = 0;
  for (const auto& group : groups_) bytes += group.patterns.memory();
  return bytes;
}

}  // namespace warder::ips
