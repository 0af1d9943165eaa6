#include "packet/tcp_tracker.h"

#include <algorithm>

#include "packet/tcp_step.h"

namespace warder::packet {

std::uint64_t TcpHalf::in_stream(std::uint64_t offset) const noexcept {
  return offset - static_cast<std::uint64_t>(std::ranges::lower_bound(urgent, offset) - urgent.begin());
}

std::string_view name(TcpState state) noexcept {
  switch (state) {
    case TcpState::None:
      return "none";
    case TcpState::SynSent:
      return "syn-sent";
    case TcpState::SynReceived:
      return "syn-received";
    case TcpState::Established:
      return "established";
    case TcpState::FinWait1:
      return "fin-wait-1";
    case TcpState::FinWait2:
      return "fin-wait-2";
    case TcpState::TimeWait:
      return "time-wait";
    case TcpState::LastAck:
      return "last-ack";
    case TcpState::CloseWait:
      return "close-wait";
    case TcpState::Closing:
      return "closing";
    case TcpState::Closed:
      return "closed";
  }
  return "none";
}

void TcpSession::reset(StreamPool& pool) noexcept {
  for (TcpHalf& half : halves) {
    half.stream.reset(pool);
    ByteStream stream = std::move(half.stream);  // its vectors have room that the next connection uses again
    half = TcpHalf{};
    half.stream = std::move(stream);
  }
  auto kept = std::move(halves);
  *this = TcpSession{};
  halves = std::move(kept);
}

TcpTracker::TcpTracker(TcpOptions options) : options_(options), pool_(options.max_bytes) {}

TcpResult TcpTracker::follow(Packet& packet, Flow& flow, Direction& direction) {
  return TcpStep(options_, counters_, pool_, packet, flow, direction).run();
}

void TcpTracker::finish(Flow& flow) noexcept {
  for (TcpHalf& half : flow.tcp.halves) half.stream.finish();
}

void TcpTracker::forget(Flow& flow) noexcept {
  flow.tcp.reset(pool_);
}

}  // namespace warder::packet
