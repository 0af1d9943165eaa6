#include "engines/ips/app/app_flow.h"

#include <utility>

namespace warder::ips::app {

namespace {

constexpr std::size_t kMaxProbeBytes = 4096;
constexpr std::uint8_t kMaxProbeDatagrams = 4;

}  // namespace

AppFlow::AppFlow(const Limits& limits, FlowInfo flow) : limits_(limits), flow_(std::move(flow)) {}
AppFlow::~AppFlow() = default;

bool AppFlow::is_settled(Direction direction) const noexcept {
  return parser_ != nullptr || finished_ || sides_[index(direction)].has_given_up;
}

std::vector<Parser*> AppFlow::parsers() const {
  std::vector<Parser*> all;
  for (const auto& parser : former_) all.push_back(parser.get());
  if (parser_ != nullptr) all.push_back(parser_.get());
  return all;
}

void AppFlow::feed(Direction direction, ByteView bytes) {
  if (finished_ || bytes.empty()) return;
  if (parser_ != nullptr) {
    check_other_side(direction, bytes);
    parse(direction, bytes);
    return;
  }
  auto& side = sides_[index(direction)];
  ++side.chunks;
  if (side.pending.size() < kMaxProbeBytes || !flow_.is_stream) {
    if (!flow_.is_stream) side.pending.clear();
    append(side.pending, bytes);
  }
  if (!side.has_given_up) probe(direction);
}

void AppFlow::gap(Direction direction, std::uint64_t bytes) {
  if (finished_) return;
  auto& side = sides_[index(direction)];
  side.pending.clear();
  side.needed = 0;
  if (parser_ == nullptr) {
    give_up(direction);
  } else if (!parser_->gap(direction, bytes)) {
    finished_ = true;
  }
}

void AppFlow::end(Direction direction) {
  auto& side = sides_[index(direction)];
  if (std::exchange(side.has_ended, true)) return;
  if (parser_ != nullptr) {
    parser_->end(direction, side.pending);
    side.pending.clear();
  } else if (!finished_) {
    give_up(direction);
  }
}

void AppFlow::stop(Direction direction) {
  if (finished_) return;
  sides_[index(direction)].pending.clear();
  if (parser_ != nullptr) {
    parser_->stop(direction);
  } else {
    give_up(direction);
  }
}

void AppFlow::expect(Protocol protocol) {
  if (parser_ == nullptr && !finished_) start(protocol, Direction::ToServer);
}

void AppFlow::give_up(Direction direction) {
  sides_[index(direction)].has_given_up = true;
  side_protocol_[index(direction)] = Protocol::Failed;
  const auto& other = sides_[index(opposite(direction))];
  if (other.has_given_up) {
    protocol_ = Protocol::Failed;
    finished_ = true;
    sides_[0].pending.clear();
    sides_[1].pending.clear();
  }
}

AppFlow::Found AppFlow::probe_bytes(Side& side, Direction direction, ByteView bytes) const {
  ProbeHint hint{flow_.client_port, flow_.server_port, flow_.is_stream};
  bool is_any_undecided = false;
  const auto all = app::parsers();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& info = all[i];
    const bool fits = flow_.is_stream ? info.over_stream : info.over_datagram;
    if (!fits || info.probe == nullptr || (side.probed_out >> i & 1U) != 0) continue;
    const auto answer = info.probe(direction, bytes, hint);
    if (answer == Probe::Yes || answer == Probe::Reversed) return {&info, answer};
    if (answer == Probe::More) {
      is_any_undecided = true;
    } else if (flow_.is_stream) {
      side.probed_out |= std::uint64_t{1} << i;
    }
  }
  return {nullptr, is_any_undecided ? Probe::More : Probe::No};
}

void AppFlow::probe(Direction direction) {
  auto& side = sides_[index(direction)];
  const auto found = probe_bytes(side, direction, side.pending);
  if (found.info != nullptr) {
    if (found.answer == Probe::Reversed) {
      reversed_ = !reversed_;
      std::swap(sides_[0], sides_[1]);
      std::swap(side_protocol_[0], side_protocol_[1]);
      std::swap(flow_.client, flow_.server);
      std::swap(flow_.client_port, flow_.server_port);
      direction = opposite(direction);
    }
    start(found.info->protocol, direction);
    return;
  }
  const bool is_exhausted = flow_.is_stream ? found.answer == Probe::No || side.pending.size() >= kMaxProbeBytes
                                            : side.chunks >= kMaxProbeDatagrams;
  if (is_exhausted) give_up(direction);
}

void AppFlow::start(Protocol protocol, Direction seen) {
  const auto* info = find_parser(protocol);
  protocol_ = protocol;
  side_protocol_[index(seen)] = protocol;
  if (info == nullptr) {
    finished_ = true;
    return;
  }
  parser_ = info->make(limits_, flow_);
  parser_->set_protocol(protocol);
  parser_->want_frames(limits_.wants_frames);
  // What the other side said before it was known goes in first: it came first.
  for (const auto direction : {opposite(seen), seen}) {
    auto& side = sides_[index(direction)];
    const Bytes early = std::exchange(side.pending, {});
    if (early.empty()) continue;
    if (direction != seen) {
      events_.push_back(ApplayerEvent::DetectProtocolOnlyOneDirection);
      side_protocol_[index(direction)] = protocol;
    }
    parse(direction, early);
    if (parser_ == nullptr || finished_) return;
  }
}

void AppFlow::check_other_side(Direction direction, ByteView bytes) {
  auto& mine = side_protocol_[index(direction)];
  if (mine != Protocol::Unknown) return;
  auto& side = sides_[index(direction)];
  const auto found = probe_bytes(side, direction, bytes);
  mine = found.info != nullptr ? found.info->protocol : protocol_;
  if (found.info != nullptr && mine != protocol_) events_.push_back(ApplayerEvent::MismatchProtocolBothDirections);
}

void AppFlow::parse(Direction direction, ByteView bytes) {
  auto& side = sides_[index(direction)];
  Bytes joined;
  if (!side.pending.empty()) {
    append(side.pending, bytes);
    if (side.pending.size() < side.needed) return;
    joined = std::exchange(side.pending, {});
    bytes = joined;
  } else if (bytes.size() < side.needed) {
    append(side.pending, bytes);
    return;
  }
  side.needed = 0;
  while (!bytes.empty() && !finished_) {
    const auto fed = parser_->feed(direction, bytes);
    const bool is_wrong = fed.consumed > bytes.size();
    if (fed.status == Fed::Status::Error || is_wrong) {
      finished_ = true;
      return;
    }
    bytes = bytes.subspan(fed.consumed);
    if (fed.status == Fed::Status::Done) {
      finished_ = bypass_ = true;
      return;
    }
    if (fed.status == Fed::Status::Restart) {
      restart(direction, bytes, fed.next);
      return;
    }
    if (!flow_.is_stream) return;
    if (fed.consumed == 0 || fed.needed > 0) {
      side.needed = fed.needed > 0 ? bytes.size() + (fed.needed > bytes.size() ? fed.needed - bytes.size() : 0) : 0;
      if (fed.consumed == 0) break;
    }
    if (side.needed > bytes.size()) break;
  }
  if (bytes.size() > limits_.max_pending_bytes) {
    finished_ = true;
    return;
  }
  if (!bytes.empty()) side.pending.assign(bytes.begin(), bytes.end());
}

void AppFlow::restart(Direction direction, ByteView rest, Protocol next) {
  former_.push_back(std::move(parser_));
  for (auto& side : sides_) {
    side.probed_out = 0;
    side.needed = 0;
    side.has_given_up = false;
    side.chunks = 0;
  }
  side_protocol_[0] = side_protocol_[1] = Protocol::Unknown;
  auto& side = sides_[index(direction)];
  side.pending.assign(rest.begin(), rest.end());
  protocol_ = Protocol::Unknown;
  if (next != Protocol::Unknown) {
    start(next, direction);
  } else if (!side.pending.empty()) {
    probe(direction);
  }
}

}  // namespace warder::ips::app
