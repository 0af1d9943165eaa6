#include "engines/ips/engine.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engines/ips/app/memory.h"
#include "packet/conversation.h"
#include "packet/decode.h"

namespace warder::ips {

namespace {

// Raw bytes of a stream are gathered to pieces of this size before they are judged, unless a message ends.
constexpr std::size_t kRawChunk = 2560;
// What of a piece is seen again with the next, so that what stands across their border is found.
constexpr std::size_t kOverlap = 512;

app::Direction of(packet::Direction direction) noexcept {
  return static_cast<app::Direction>(direction);
}
packet::Direction to(app::Direction direction) noexcept {
  return static_cast<packet::Direction>(direction);
}

packet::ConversationOptions conversation_options(const EngineSettings& settings) {
  packet::ConversationOptions options;
  options.tcp.is_inline = settings.is_inline;
  options.tcp.picks_up_midstream = settings.picks_up_midstream;
  options.tcp.allows_async = settings.allows_async;
  options.tcp.limits.depth = settings.stream_depth;
  options.flows.max_flows = settings.max_flows;
  options.flows.hash_seed = settings.hash_seed;
  options.flows.distinguishes_vlans = settings.distinguishes_vlans;
  return options;
}

packet::DecodeOptions decode_options(const EngineSettings& settings) {
  packet::DecodeOptions options;
  options.verify_checksums = settings.verifies_checksums;
  return options;
}

}  // namespace

class Engine::Impl : private packet::FlowObserver {
 public:
  Impl(std::shared_ptr<const RuleSet> rules, const EngineSettings& settings)
      : settings_(settings),
        detector_(std::make_unique<Detector>(std::move(rules), settings.is_inline)),
        decoder_(decode_options(settings)),
        conversations_(conversation_options(settings), this) {
    settings_.limits.memory = &memory_;
    note_limits();
  }

  void replace_rules(std::shared_ptr<const RuleSet> rules) {
    detector_ = std::make_unique<Detector>(std::move(rules), settings_.is_inline, detector_->take_thresholds());
    note_limits();
    shared_.forget_bits();
    for (const auto& state : states_) {
      if (state == nullptr) continue;
      state->bits.clear();
      state->integers.clear();
      for (auto& side : state->sides) side.waiting.clear();
    }
  }

  [[nodiscard]] Detector& detector() noexcept { return *detector_; }

  Outcome inspect(const packet::Frame& frame) {
    alerts_.clear();
    ++counters_.frames;
    counters_.bytes += frame.bytes.size();
    shared_.advance(frame.time);
    auto verdict = Verdict::Accept;
    if (settings_.ticks != nullptr)
      detector_->measure(counters_.frames % settings_.measure_every == 0 ? settings_.ticks : nullptr);
    std::size_t packets = 0;
    is_final_ = false;
    for (auto& packet : decoder_.decode(frame)) {
      verdict = std::max(verdict, one(packet));
      ++packets;
    }
    counters_.alerts += alerts_.size();
    if (verdict != Verdict::Accept) ++counters_.dropped;
    return {verdict, alerts_, is_final_ && packets == 1};
  }

  std::span<const Alert> finish() {
    alerts_.clear();
    conversations_.end_all();
    counters_.alerts += alerts_.size();
    return alerts_;
  }

  [[nodiscard]] const EngineCounters& counters() const noexcept { return counters_; }

 private:
  void note_limits() {
    const auto& wanted = detector_->rules().limits();
    settings_.limits.wants_md5 |= wanted.wants_md5;
    settings_.limits.wants_sha1 |= wanted.wants_sha1;
    settings_.limits.wants_sha256 |= wanted.wants_sha256;
    settings_.limits.wants_frames |= wanted.wants_frames;
    shared_.use_reputation(detector_->rules().loaded().reputation);
  }

  /// Whether nothing that comes in this flow will be looked at.
  [[nodiscard]] bool is_over(packet::Flow& flow, const FlowState& state) const {
    if (state.verdict != FlowVerdict::Inspect || state.is_bypassed) return true;
    if (flow.protocol != 6 || state.app == nullptr) return false;
    if (state.app->wants_bypass()) return true;
    if (settings_.stream_depth == 0) return false;
    const auto is_beyond = [&](packet::Direction direction) {
      return flow.tcp.stream(direction).end() >= settings_.stream_depth;
    };
    return is_beyond(packet::Direction::ToServer) && is_beyond(packet::Direction::ToClient);
  }

  Verdict one(packet::Packet& packet) {
    ++counters_.packets;
    auto seen = conversations_.follow(packet);
    Inspection inspection{.context = {packet, nullptr, nullptr, shared_, Direction::ToServer, false, false}};
    if (seen.flow == nullptr) return detector_->inspect(inspection, alerts_);
    auto& state = state_of(*seen.flow);
    auto direction = of(seen.direction);
    if (state.verdict == FlowVerdict::Drop) {
      is_final_ = true;
      return settings_.is_inline ? Verdict::Drop : Verdict::Accept;
    }
    const bool may_parse = state.verdict == FlowVerdict::Inspect;
    if (packet.is_tcp()) {
      if (may_parse) {
        read_streams(*seen.flow, state, direction);
        note_depth(*seen.flow, state);
      }
      if (seen.tcp.is_end) end_app(*seen.flow, state);
    } else if (packet.is_udp() && may_parse && !packet.payload.empty()) {
      open_app(*seen.flow, state);
      const bool was_reversed = state.app->is_reversed();
      state.app->feed(direction, packet.payload);
      turn_if_needed(*seen.flow, state, direction, was_reversed);
    }
    state.side(direction).last_packet = packet.number;
    // The packet that only ends the handshake is still part of it.
    const bool was_established = std::exchange(state.is_established, seen.flow->state != packet::FlowState::New);
    auto& context = inspection.context;
    context.flow = seen.flow;
    context.state = &state;
    context.direction = direction;
    context.is_established = state.is_established && (was_established || !packet.is_tcp() || !packet.payload.empty());
    inspection.was_added = seen.tcp.was_added;
    if (state.verdict == FlowVerdict::Pass || state.is_bypassed) {
      is_final_ = true;
      return Verdict::Accept;
    }
    auto verdict = inspect_with_stream(inspection, seen.tcp.is_end);
    if (settings_.drops_ambiguous && (seen.tcp.is_conflicting || seen.tcp.must_drop)) {
      ++counters_.ambiguous;
      verdict = std::max(verdict, Verdict::Drop);
    }
    if (seen.tcp.is_end) inspect_end(*seen.flow, state, packet.time);
    // A packet that is dropped alone says nothing of its flow.
    is_final_ = is_over(*seen.flow, state) && (verdict == Verdict::Accept) == (state.verdict != FlowVerdict::Drop);
    return verdict;
  }

  /// Gives the detector what of the stream is ready to be judged raw.
  Verdict inspect_with_stream(Inspection& inspection, bool is_end) {
    auto& context = inspection.context;
    if (context.flow == nullptr || !context.packet.is_tcp()) return detector_->inspect(inspection, alerts_);
    // What is beyond the depth is not looked at, in packets as little as in the stream.
    inspection.is_opaque =
        !inspection.was_added && context.packet.events.has(packet::PacketEvent::StreamReassemblyDepthReached);
    auto& side = context.state->side(context.direction);
    auto& stream = context.flow->tcp.stream(to(context.direction));
    // Encrypted from here on: what came before is judged, and then nothing more of this side.
    const bool is_encrypted = context.state->app != nullptr && context.state->app->wants_bypass();
    if (!stream.is_open(packet::StreamReader::Raw)) {
      inspection.is_opaque |= is_encrypted;
      return detector_->inspect(inspection, alerts_);
    }
    const auto view = stream.read(packet::StreamReader::Raw);
    const std::uint64_t seen = side.raw_inspected > view.offset ? side.raw_inspected - view.offset : 0;
    const auto old = std::min<std::size_t>(seen, view.bytes.size());
    const auto fresh = view.bytes.size() - old;
    const bool is_ready = fresh > 0 && (settings_.is_inline || side.triggers_raw || fresh >= kRawChunk ||
                                        context.is_pseudo || is_end || is_encrypted);
    if (is_ready) {
      inspection.has_stream = true;
      inspection.stream = view.bytes;
      inspection.stream_old = old;
      inspection.stream_offset = view.offset;
    }
    const auto verdict = detector_->inspect(inspection, alerts_);
    if (is_ready) {
      side.triggers_raw = false;
      side.raw_inspected = view.offset + view.bytes.size();
      const auto kept = std::min<std::uint64_t>(view.bytes.size(), settings_.is_inline ? kRawChunk : kOverlap);
      stream.advance(packet::StreamReader::Raw, side.raw_inspected - kept, conversations_.pool());
    } else if (view.gap > 0 && view.bytes.empty()) {
      stream.advance(packet::StreamReader::Raw, view.offset, conversations_.pool());
    }
    if (is_encrypted) stream.close(packet::StreamReader::Raw, conversations_.pool());
    return verdict;
  }

  FlowState& state_of(packet::Flow& flow) {
    if (states_.size() <= flow.slot) states_.resize(flow.slot + 1);
    auto& state = states_[flow.slot];
    if (state == nullptr) state = std::make_unique<FlowState>();
    if (state->id == 0 || state->generation != flow.generation) {
      state->reset();
      state->generation = flow.generation;
      state->id = ++counters_.flows;
    }
    return *state;
  }

  void open_app(packet::Flow& flow, FlowState& state) {
    if (state.app != nullptr) return;
    app::FlowInfo info;
    info.client = flow.client;
    info.server = flow.server;
    info.client_port = flow.client_port;
    info.server_port = flow.server_port;
    info.is_stream = flow.protocol == 6;
    auto expected = expectations_.find({flow.server, flow.server_port});
    if (expected == expectations_.end()) expected = expectations_.find({flow.client, flow.client_port});
    if (expected != expectations_.end()) info.context = expected->second.context;
    state.app = std::make_unique<app::AppFlow>(settings_.limits, std::move(info));
    if (expected != expectations_.end()) {
      state.app->expect(expected->second.protocol);
      expectations_.erase(expected);
    }
  }

  void turn_if_needed(packet::Flow& flow, FlowState& state, Direction& direction, bool was_reversed) {
    if (state.app->is_reversed() == was_reversed) return;
    flow.turn_round();
    std::swap(state.sides[0], state.sides[1]);
    direction = app::opposite(direction);
  }

  /// Bytes that became readable, the acknowledged ones of the other side first.
  void read_streams(packet::Flow& flow, FlowState& state, Direction& direction) {
    for (const auto which : {app::opposite(direction), direction}) {
      const bool was_reversed = state.app != nullptr && state.app->is_reversed();
      read_stream(flow, state, which);
      if (state.app != nullptr && state.app->is_reversed() != was_reversed) {
        turn_if_needed(flow, state, direction, was_reversed);
        return;
      }
    }
  }

  void read_stream(packet::Flow& flow, FlowState& state, Direction direction) {
    auto& stream = flow.tcp.stream(to(direction));
    while (stream.is_open(packet::StreamReader::App)) {
      const auto view = stream.read(packet::StreamReader::App);
      if (view.bytes.empty() && view.gap == 0) return;
      open_app(flow, state);
      if (view.gap > 0) state.app->gap(direction, view.gap);
      const bool was_reversed = state.app->is_reversed();
      if (!view.bytes.empty()) state.app->feed(direction, view.bytes);
      stream.advance(packet::StreamReader::App, view.offset + view.bytes.size(), conversations_.pool());
      note_progress(state);
      if (state.app->is_finished()) stream.close(packet::StreamReader::App, conversations_.pool());
      if (state.app->is_reversed() != was_reversed) return;
    }
  }

  void note_depth(packet::Flow& flow, FlowState& state) {
    if (settings_.stream_depth == 0 || state.app == nullptr) return;
    for (const auto direction : {Direction::ToServer, Direction::ToClient}) {
      if (flow.tcp.stream(to(direction)).progress(packet::StreamReader::App) < settings_.stream_depth) continue;
      if (!std::exchange(state.side(direction).is_beyond_depth, true)) state.app->stop(direction);
    }
  }

  void note_progress(FlowState& state) {
    state.app->each_parser([&](app::Parser* parser) {
      if (const auto* const newest = parser->transactions().newest()) {
        for (const auto direction : {Direction::ToServer, Direction::ToClient}) {
          const bool is_large = parser->protocol() == app::Protocol::Smb;  // its messages do not end a piece
          if (newest->is_complete(direction) && !is_large) state.side(direction).triggers_raw = true;
        }
      }
      for (auto& expectation : parser->expectations()) {
        if (expectations_.size() < kMaxExpectations) {
          expectations_.insert_or_assign(Endpoint{expectation.server, expectation.port}, std::move(expectation));
        }
      }
      parser->expectations().clear();
    });
  }

  void end_app(packet::Flow& flow, FlowState& state) {
    Direction direction = Direction::ToServer;
    if (state.verdict == FlowVerdict::Inspect) read_streams(flow, state, direction);
    if (state.app == nullptr) return;
    state.app->end(Direction::ToServer);
    state.app->end(Direction::ToClient);
  }

  /// What is left in a flow that ends is judged with a packet that has no bytes, once for each direction.
  void inspect_end(packet::Flow& flow, FlowState& state, Timestamp time) {
    if (std::exchange(state.has_ended, true) || state.verdict != FlowVerdict::Inspect) return;
    for (const auto direction : {Direction::ToServer, Direction::ToClient}) {
      packet::Packet pseudo;
      const bool to_server = direction == Direction::ToServer;
      pseudo.time = time;
      pseudo.number = std::max(state.sides[0].last_packet, state.sides[1].last_packet);
      pseudo.source = to_server ? flow.client : flow.server;
      pseudo.destination = to_server ? flow.server : flow.client;
      pseudo.source_port = to_server ? flow.client_port : flow.server_port;
      pseudo.destination_port = to_server ? flow.server_port : flow.client_port;
      pseudo.protocol = flow.protocol;
      pseudo.network_kind = flow.client.is_v4() ? packet::Network::Ipv4 : packet::Network::Ipv6;
      pseudo.transport_kind = flow.protocol == 6 ? packet::Transport::Tcp : packet::Transport::Udp;
      Inspection inspection{.context = {pseudo, &flow, &state, shared_, direction, state.is_established, true},
                            .was_added = true};
      inspect_with_stream(inspection, true);
    }
  }

  void on_flow_end(packet::Flow& flow, packet::FlowEnd /*why*/) override {
    auto& state = state_of(flow);
    if (flow.protocol == 6 || flow.protocol == 17) {
      end_app(flow, state);
      inspect_end(flow, state, flow.last_seen);
    }
    state.reset();
    state.id = 0;
  }

  using Endpoint = std::pair<IpAddress, std::uint16_t>;
  static constexpr std::size_t kMaxExpectations = 10'000;

  app::Memory memory_;  // outlives the flows
  EngineSettings settings_;
  std::unique_ptr<Detector> detector_;
  SharedState shared_;
  std::vector<std::unique_ptr<FlowState>> states_;  // by Flow::slot
  std::map<Endpoint, app::Expectation> expectations_;
  std::vector<Alert> alerts_;
  bool is_final_ = false;  // of the packet before
  EngineCounters counters_;
  packet::Decoder decoder_;
  packet::Conversations conversations_;
};

Engine::Engine(std::shared_ptr<const RuleSet> rules, const EngineSettings& settings)
    : impl_(std::make_unique<Impl>(std::move(rules), settings)) {}
Engine::~Engine() = default;
Engine::Outcome Engine::inspect(const packet::Frame& frame) {
  return impl_->inspect(frame);
}
std::span<const Alert> Engine::finish() {
  return impl_->finish();
}
void Engine::replace_rules(std::shared_ptr<const RuleSet> rules) {
  impl_->replace_rules(std::move(rules));
}
void Engine::suspend(RuleIndex rule) {
  impl_->detector().suspend(rule);
}
std::span<const RuleCounters> Engine::rule_counters() const noexcept {
  return impl_->detector().counters();
}
const RuleSet& Engine::rules() const noexcept {
  return impl_->detector().rules();
}
const EngineCounters& Engine::counters() const noexcept {
  return impl_->counters();
}

}  // namespace warder::ips
