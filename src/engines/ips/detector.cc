#include "engines/ips/detector.h"

#include <algorithm>

#include "engines/ips/fast_pattern.h"

namespace warder::ips {

namespace {

constexpr std::size_t kMaxWaiting = 64;         // rules, in one direction of a flow
constexpr std::size_t kMaxAlertsOfPacket = 15;  // as Suricata's packet-alert-max

std::uint64_t bit(app::Protocol protocol) noexcept {
  return std::uint64_t{1} << static_cast<unsigned>(protocol);
}

/// Of a packet too short to be one, too: events are about such.
packet::Transport transport_of(const packet::Packet& packet) noexcept {
  using packet::Transport;
  if (packet.transport_kind != Transport::None || !packet.is_invalid) return packet.transport_kind;
  switch (packet.protocol) {
    case 1:
      return Transport::Icmp;
    case 2:
      return Transport::Igmp;
    case 6:
      return Transport::Tcp;
    case 17:
      return Transport::Udp;
    case 58:
      return Transport::Icmp6;
    case 132:
      return Transport::Sctp;
    default:
      return Transport::None;
  }
}

ByteView header_of(const packet::Packet& packet, Place place) noexcept {
  switch (place) {
    case Place::Ipv4Header:
      return packet.network_kind == packet::Network::Ipv4 ? packet.network_header : ByteView{};
    case Place::Ipv6Header:
      return packet.network_kind == packet::Network::Ipv6 ? packet.network_header : ByteView{};
    case Place::TcpHeader:
      return packet.is_tcp() ? packet.transport_header : ByteView{};
    case Place::UdpHeader:
      return packet.is_udp() ? packet.transport_header : ByteView{};
    case Place::Icmp4Header:
      return packet.transport_kind == packet::Transport::Icmp ? packet.transport_header : ByteView{};
    case Place::Icmp6Header:
      return packet.transport_kind == packet::Transport::Icmp6 ? packet.transport_header : ByteView{};
    case Place::SourceAddress:
    case Place::DestinationAddress: {
      if (!packet.is_ip()) return {};
      const auto& address = place == Place::SourceAddress ? packet.source : packet.destination;
      const ByteView bytes(address.bytes());
      return address.is_v4() ? bytes.subspan(12) : bytes;
    }
    case Place::Payload:
    case Place::Application:
    case Place::Frame:
      break;
  }
  return {};
}

/// Rules whose missing part may come with later bytes: that of a long pattern too, of which only the beginning is
/// searched for. One that wants something absent is judged at once.
bool can_wait(const Rule& rule) {
  const auto* const payload = rule.payload();
  if (payload == nullptr) return false;
  bool has_content = false;
  for (const auto& item : payload->items) {
    if (const auto* const content = std::get_if<Content>(&item.item)) {
      if (content->is_negated) return false;
      has_content = true;
    } else if (const auto* const pcre = std::get_if<Pcre>(&item.item)) {
      if (pcre->is_negated) return false;
    } else if (const auto* const test = std::get_if<IsDataAt>(&item.item)) {
      if (test->is_negated) return false;
    }
  }
  return has_content;
}

/// Inline, a match in the stream is one of every packet that the stream still has it with, as in the field's engines.
/// Not where it would be counted more than once.
bool may_repeat(const Rule& rule) {
  return rule.thresholds.empty() && rule.effects.empty();
}

/// Whether it is the same where the stream is looked at from another byte on.
bool may_move(const Rule& rule) {
  return std::ranges::all_of(rule.payload()->items, [](const MatchItem& item) {
    if (const auto* const content = std::get_if<Content>(&item.item)) return !content->offset && !content->depth;
    return std::holds_alternative<Pcre>(item.item);
  });
}

}  // namespace

Detector::Detector(std::shared_ptr<const RuleSet> rules, bool is_inline, Thresholds thresholds)
    : rules_(std::move(rules)),
      is_inline_(is_inline),
      thresholds_(std::move(thresholds)),
      marks_(rules_->rules().size()),
      header_answers_(rules_->headers().size()),
      counters_(rules_->rules().size()) {
  for (const auto& group : rules_->groups()) group.patterns.prepare(pattern_scratch_);
}

Detector::~Detector() = default;

void Detector::add_candidate(RuleIndex rule) {
  if (marks_[rule] == round_ || marks_[rule] == kSuspended) return;
  marks_[rule] = round_;
  candidates_.push_back(rule);
}

void Detector::scan(std::uint16_t group, ByteView bytes, std::size_t old_bytes) {
  if (group == 0) return;
  struct Context {
    Detector* self;
    const PatternGroup* group;
    std::size_t old_bytes;
  };
  const auto& patterns = rules_->groups()[group];
  // Of what was scanned before, only what a pattern across the border can need.
  const auto seen = std::min(old_bytes, kLongestPattern);
  Context context{this, &patterns, seen};
  patterns.patterns.scan(
      bytes.subspan(old_bytes - seen), pattern_scratch_,
      [](void* opaque, std::uint32_t id, std::uint64_t end) {
        const auto& c = *static_cast<Context*>(opaque);
        if (end <= c.old_bytes) return;
        for (const auto& one : c.group->rules_of(id)) {
          if (c.self->endpoints_match(one.header)) c.self->add_candidate(one.rule);
        }
      },
      &context);
}

void Detector::note_endpoints(const packet::Packet& packet) {
  const Endpoints now{packet.source, packet.destination, packet.source_port, packet.destination_port, packet.is_ip()};
  if (now == endpoints_) return;
  endpoints_ = now;
  ++endpoints_round_;
}

bool Detector::endpoints_match(std::uint32_t header) {
  auto& known = header_answers_[header];
  if (known >> 1U == endpoints_round_) return (known & 1U) != 0;
  const auto& rule = rules_->rules()[rules_->headers()[header]];
  const auto matches = [&](const IpAddress& source, std::uint16_t source_port, const IpAddress& destination,
                           std::uint16_t destination_port) {
    return rule.destination_ports.contains(destination_port) && rule.source_ports.contains(source_port) &&
           rule.sources.contains(source) && rule.destinations.contains(destination);
  };
  const auto& [source, destination, source_port, destination_port, has_addresses] = endpoints_;
  const bool answer =
      !has_addresses || matches(source, source_port, destination, destination_port) ||
      ((rule.is_both_ways || rule.is_transactional) && matches(destination, destination_port, source, source_port));
  known = endpoints_round_ << 1U | static_cast<std::uint64_t>(answer);
  return answer;
}

void Detector::scan_payload(const PayloadGroups& groups, const Inspection& inspection) {
  if (inspection.has_stream) scan(groups.stream, inspection.stream, inspection.stream_old);
  if (inspection.context.is_pseudo || inspection.is_opaque) return;
  scan(groups.packet, inspection.context.packet.payload, 0);
  if (!inspection.was_added) scan(groups.stream, inspection.context.packet.payload, 0);
}

bool Detector::header_matches(const Rule& rule, const PacketContext& context) {
  return header_matches(rule, context, context.state == nullptr ? app::Protocol::Unknown : context.state->protocol());
}

bool Detector::header_matches(const Rule& rule, const PacketContext& context, app::Protocol spoken) {
  const auto& packet = context.packet;
  const auto& protocol = rule.protocol;
  if (protocol.is_arp != (packet.network_kind == packet::Network::Arp)) return false;
  if (protocol.is_arp) return true;
  if (protocol.is_pkthdr) return true;
  if (!packet.is_ip()) return false;
  if (protocol.transports != 0 && (protocol.transports >> static_cast<unsigned>(transport_of(packet)) & 1U) == 0) {
    return false;
  }
  if (protocol.only_v4 && packet.network_kind != packet::Network::Ipv4) return false;
  if (protocol.only_v6 && packet.network_kind != packet::Network::Ipv6) return false;
  if (protocol.protocols != 0) {
    if (context.state == nullptr || (protocol.protocols & bit(spoken)) == 0) return false;
  }
  return endpoints_match(rule.header);
}

bool Detector::flow_matches(const FlowRequirement& flow, const Inspection& inspection) {
  const auto& context = inspection.context;
  if (flow.to_server && (context.flow == nullptr || context.direction != Direction::ToServer)) return false;
  if (flow.to_client && (context.flow == nullptr || context.direction != Direction::ToClient)) return false;
  if (flow.is_established && !context.is_established) return false;
  if (flow.is_not_established && context.is_established) return false;
  if (flow.only_fragment && context.packet.origin != packet::Origin::Reassembled) return false;
  if (flow.no_fragment && context.packet.origin == packet::Origin::Reassembled) return false;
  return true;
}

bool Detector::tests_match(const Rule& rule, const PacketContext& context) {
  return std::ranges::all_of(rule.packet_tests, [&](const auto& test) { return test->matches(context); });
}

bool Detector::part_matches(const BufferPart& part, ByteView bytes, bool is_whole, std::uint64_t origin) {
  if (part.key.transforms.empty()) return match_items(part.items, bytes, is_whole, scratch_, origin);
  const auto changed = ips::apply(part.key.transforms, bytes);
  return match_items(part.items, changed, is_whole, scratch_);
}

bool Detector::payload_matches(const Rule& rule, const BufferPart& part, const Inspection& inspection,
                               bool& is_of_flow) {
  // Detecting, a rule without a pattern would find again what it has found in the bytes that are seen twice.
  const auto skipped = rule.has_pattern || is_inline_ ? 0 : inspection.stream_old;
  if (rule.needs_stream && inspection.has_stream &&
      part_matches(part, inspection.stream.subspan(skipped), true, inspection.stream_offset + skipped)) {
    is_of_flow = true;
    return true;
  }
  if (inspection.context.is_pseudo || rule.protocol.only_stream || rule.flow.only_stream) return false;
  if (rule.needs_stream && !rule.needs_packet && inspection.was_added) return false;
  return part_matches(part, inspection.context.packet.payload, true);
}

bool Detector::packet_parts_match(const Rule& rule, const Inspection& inspection, bool& is_of_flow) {
  for (const auto& part : rule.parts) {
    if (part.key.place == Place::Application || part.key.place == Place::Frame) continue;
    if (part.key.place == Place::Payload) {
      if (!payload_matches(rule, part, inspection, is_of_flow)) return false;
      continue;
    }
    const auto bytes = header_of(inspection.context.packet, part.key.place);
    if (bytes.empty() || !part_matches(part, bytes, true)) return false;
  }
  return true;
}

/// Segments as they come need not hold a whole match: as long as the bytes with its pattern are there, a rule is asked
/// again with each that follows.
void Detector::add_waiting(const Inspection& inspection) {
  auto& waiting = inspection.context.state->side(inspection.context.direction).waiting;
  std::erase_if(waiting, [&](const WaitingRule& one) {
    const bool has_moved = one.begin != inspection.stream_offset;
    return has_moved && (one.end <= inspection.stream_offset || !may_move(rules_->rules()[one.rule]));
  });
  for (const auto& one : waiting) add_candidate(one.rule);
}

void Detector::keep_waiting(RuleIndex rule, const Inspection& inspection, bool matched) {
  auto& waiting = inspection.context.state->side(inspection.context.direction).waiting;
  const auto found = std::ranges::find(waiting, rule, &WaitingRule::rule);
  if (matched && found != waiting.end() && !may_repeat(rules_->rules()[rule])) waiting.erase(found);
  if (found == waiting.end() && waiting.size() < kMaxWaiting &&
      (matched ? may_repeat(rules_->rules()[rule]) : can_wait(rules_->rules()[rule]))) {
    waiting.push_back({rule, inspection.stream_offset, inspection.stream_offset + inspection.stream.size()});
  }
}

void Detector::inspect_packet_rules(Inspection& inspection) {
  const auto& packet = inspection.context.packet;
  ++round_;
  candidates_.clear();
  if (!inspection.context.is_pseudo) {
    for (const auto rule : rules_->decode_events()) {
      if (!rules_->rules()[rule].has_event || !packet.events.is_empty()) add_candidate(rule);
    }
  }
  const bool has_direction = inspection.context.flow != nullptr;
  if (!packet.is_invalid) {
    for (const auto direction : {Direction::ToServer, Direction::ToClient}) {
      if (has_direction && direction != inspection.context.direction) continue;
      const auto& rules = rules_->packets(packet.transport_kind, direction);
      scan_payload(rules.any_port, inspection);
      const auto port = direction == Direction::ToServer ? packet.destination_port : packet.source_port;
      if (const auto found = rules.by_port.find(port); found != rules.by_port.end())
        scan_payload(found->second, inspection);
      for (const auto rule : rules.without_pattern) add_candidate(rule);
      for (const auto rule : rules.by_destination.find(packet.destination_port)) add_candidate(rule);
      for (const auto rule : rules.by_source.find(packet.source_port)) add_candidate(rule);
    }
  }
  const bool may_wait = is_inline_ && inspection.has_stream && !inspection.context.is_pseudo;
  if (may_wait) add_waiting(inspection);
  std::ranges::sort(candidates_);
  for (const auto index : candidates_) {
    const auto& rule = rules_->rules()[index];
    bool is_of_flow = false;
    bool is_for_it = false;
    if (inspection.context.is_pseudo && !rule.needs_stream) continue;
    const bool matches = counted(index, [&] {
      is_for_it = header_matches(rule, inspection.context) && flow_matches(rule.flow, inspection) &&
                  tests_match(rule, inspection.context);
      return is_for_it && packet_parts_match(rule, inspection, is_of_flow);
    });
    if (matches) hit(index, inspection, std::nullopt, is_of_flow);
    if (may_wait && is_for_it && rule.needs_stream) keep_waiting(index, inspection, matches);
  }
}

void Detector::inspect_once_per_flow(Inspection& inspection) {
  auto& context = inspection.context;
  // Packets of protocols without conversations are each their own.
  const auto transport = context.packet.transport_kind;
  const bool has_conversation = context.state != nullptr && transport != packet::Transport::None;
  const bool is_first = !has_conversation || !std::exchange(context.state->side(context.direction).saw_packet, true);
  const auto try_rules = [&](std::span<const RuleIndex> rules) {
    for (const auto index : rules) {
      const auto& rule = rules_->rules()[index];
      if (marks_[index] != kSuspended && header_matches(rule, context) && flow_matches(rule.flow, inspection) &&
          tests_match(rule, context)) {
        hit(index, inspection, std::nullopt, true);
      }
    }
  };
  if (is_first && !context.is_pseudo && context.packet.is_ip()) {
    const auto& rules = rules_->ip_only();
    try_rules(rules.others);
    try_rules(rules.by_source.find(context.packet.source.bytes()));
    try_rules(rules.by_destination.find(context.packet.destination.bytes()));
  }
  if (context.state == nullptr || context.state->app == nullptr) return;
  auto& side = context.state->side(context.direction);
  const auto& app = *context.state->app;
  if (!app.is_settled(context.direction) || app.protocol() == app::Protocol::Unknown) return;
  // Again when the side turns out to speak something else than the flow.
  const std::array speaks{app.protocol(), app.protocol(context.direction)};
  const bool is_news = side.announced[0] != speaks[0] || (speaks[1] != speaks[0] && speaks[1] != side.announced[1]);
  if (!is_news) return;
  side.announced = speaks;
  try_rules(rules_->protocol_only());
}

void Detector::inspect_flow_events(Inspection& inspection) {
  auto& context = inspection.context;
  if (context.state == nullptr || context.state->app == nullptr) return;
  auto& app = *context.state->app;
  auto& seen = context.state->side(context.direction).app_events_seen;
  while (seen < app.events().size()) {
    const auto event = static_cast<std::uint8_t>(app.events()[seen++]);
    for (const auto index : rules_->flow_events()) {
      const auto& rule = rules_->rules()[index];
      if (rule.events[0].event != event) continue;
      if (header_matches(rule, context) && flow_matches(rule.flow, inspection) && tests_match(rule, context)) {
        hit(index, inspection, std::nullopt, true);
      }
    }
  }
}

/// All frame parts must hold in one frame; a rule on two kinds of frames never matches.
bool Detector::frame_matches(const Rule& rule, const app::NotedFrame& frame) {
  return std::ranges::all_of(rule.parts, [&](const BufferPart& part) {
    return part.key.place != Place::Frame ||
           (part.key.frame == frame.id && part_matches(part, frame.bytes, true) != part.must_be_absent);
  });
}

void Detector::inspect_frames(Inspection& inspection) {
  auto& context = inspection.context;
  if (rules_->frame_rules().empty() || context.state == nullptr || context.state->app == nullptr) return;
  context.state->app->each_parser([&](app::Parser* parser) {
    auto& frames = parser->frames();
    for (const auto& frame : frames) {
      if (frame.direction != context.direction) continue;
      for (const auto index : rules_->frame_rules()) {
        const auto& rule = rules_->rules()[index];
        bool is_of_flow = true;
        if (header_matches(rule, context, parser->protocol()) && flow_matches(rule.flow, inspection) &&
            tests_match(rule, context) && frame_matches(rule, frame) &&
            packet_parts_match(rule, inspection, is_of_flow)) {
          hit(index, inspection, std::nullopt, true);
        }
      }
    }
    std::erase_if(frames, [&](const auto& frame) { return frame.direction == context.direction; });
  });
}

void Detector::apply(const Effect& effect, PacketContext& context) {
  if (effect.kind >= Effect::Kind::XbitSet && effect.kind <= Effect::Kind::XbitToggle) {
    auto& shared = context.shared;
    const bool sets =
        effect.kind == Effect::Kind::XbitSet ||
        (effect.kind == Effect::Kind::XbitToggle && !shared.has_bit(context.packet, effect.track, effect.name));
    sets ? shared.set_bit(context.packet, effect.track, effect.name, effect.seconds)
         : shared.unset_bit(context.packet, effect.track, effect.name);
    return;
  }
  if (context.state == nullptr) return;
  auto& state = *context.state;
  auto value = effect.value;
  if (effect.other) {
    const auto found = state.integers.find(*effect.other);
    if (found == state.integers.end()) return;
    value = found->second;
  }
  switch (effect.kind) {
    case Effect::Kind::FlowbitSet:
      state.bits.set(effect.name);
      break;
    case Effect::Kind::FlowbitUnset:
      state.bits.unset(effect.name);
      break;
    case Effect::Kind::FlowbitToggle:
      state.bits.toggle(effect.name);
      break;
    case Effect::Kind::FlowintSet:
      state.integers[effect.name] = value;
      break;
    case Effect::Kind::FlowintAdd:
      state.integers[effect.name] += value;
      break;
    case Effect::Kind::FlowintSubtract:
      state.integers[effect.name] -= value;
      break;
    case Effect::Kind::Bypass:
      state.is_bypassed = true;
      break;
    case Effect::Kind::XbitSet:
    case Effect::Kind::XbitUnset:
    case Effect::Kind::XbitToggle:
      break;
  }
}

void Detector::hit(RuleIndex rule, Inspection& inspection, std::optional<std::uint64_t> transaction, bool is_of_flow) {
  for (const auto& effect : rules_->rules()[rule].effects) apply(effect, inspection.context);
  ++counters_[rule].matched;
  hits_.push_back({rule, transaction, is_of_flow});
}

Alert Detector::make_alert(const Rule& rule, const Hit& found, const PacketContext& context) {
  const auto& packet = context.packet;
  Alert alert;
  alert.time = packet.time;
  alert.rule = &rule;
  alert.protocol = packet.protocol;
  alert.transport = packet.transport_kind;
  alert.source = packet.source;
  alert.destination = packet.destination;
  alert.source_port = packet.source_port;
  alert.destination_port = packet.destination_port;
  alert.flow = context.state != nullptr ? context.state->id : 0;
  alert.app = context.state != nullptr ? context.state->protocol() : app::Protocol::Unknown;
  alert.packet = packet.number;
  alert.transaction = found.transaction;
  return alert;
}

Verdict Detector::conclude(Inspection& inspection, std::vector<Alert>& alerts) {
  auto& context = inspection.context;
  const auto& packet = context.packet;
  std::ranges::stable_sort(hits_, {}, &Hit::rule);
  if (hits_.size() > kMaxAlertsOfPacket) hits_.resize(kMaxAlertsOfPacket);
  auto verdict = Verdict::Accept;
  for (const auto& found : hits_) {
    const auto& rule = rules_->rules()[found.rule];
    const auto flow_id = context.state != nullptr ? context.state->id : 0;
    const auto outcome = rule.thresholds.empty()
                             ? ThresholdOutcome{}
                             : thresholds_.count(rule, {packet.source, packet.destination, flow_id, packet.time});
    const auto action = outcome.action.value_or(rule.action);
    if (action == Action::Pass) {
      if ((found.is_of_flow || rule.protocol.protocols != 0) && context.state != nullptr) {
        context.state->verdict = FlowVerdict::Pass;
      }
      if (rule.alerts_on_pass && outcome.alerts) alerts.push_back(make_alert(rule, found, context));
      break;
    }
    const bool blocks = outcome.acts && action != Action::Alert && (is_inline_ || action != Action::Drop);
    if (blocks && is_inline_) verdict = action == Action::Drop ? std::max(verdict, Verdict::Drop) : Verdict::Reject;
    // A flow condemned is looked at no more, whether or not we can stop it.
    const bool condemns = outcome.acts && action != Action::Alert && (found.is_of_flow || rule.protocol.protocols != 0);
    if (condemns && context.state != nullptr && context.state->verdict == FlowVerdict::Inspect) {
      context.state->verdict = FlowVerdict::Drop;
    }
    if (rule.is_silent || !outcome.alerts) continue;
    alerts.push_back(make_alert(rule, found, context));
    alerts.back().is_blocked = blocks;
  }
  return verdict;
}

Verdict Detector::inspect(Inspection& inspection, std::vector<Alert>& alerts) {
  hits_.clear();
  note_endpoints(inspection.context.packet);
  if (!inspection.context.packet.is_invalid) inspect_once_per_flow(inspection);
  inspect_packet_rules(inspection);
  if (inspection.context.state != nullptr) {
    inspect_flow_events(inspection);
    inspect_frames(inspection);
    inspect_transactions(inspection);
  }
  return conclude(inspection, alerts);
}

}  // namespace warder::ips
