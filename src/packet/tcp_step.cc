// From the established connection to its end.
#include "packet/tcp_step.h"

#include <algorithm>

namespace warder::packet {
namespace {

constexpr std::size_t kMaxUrgent = 64;  // bytes out of band that are remembered of one side

using namespace tcp_flag;

// RFC 7323 §5.5: after so long without a segment a timestamp says nothing.
constexpr std::chrono::hours kTimestampLife{24 * 24};

/// What is wrong, said in the words of the state.
struct StateEvents {
  PacketEvent invalid_ack;
  PacketEvent wrong_sequence;
  PacketEvent fin_wrong_sequence;
};

StateEvents events_of(TcpState state) noexcept {
  using enum PacketEvent;
  switch (state) {
    case TcpState::FinWait1:
      return {StreamFin1InvalidAck, StreamFin1AckWrongSeq, StreamFin1FinWrongSeq};
    case TcpState::FinWait2:
      return {StreamFin2InvalidAck, StreamFin2AckWrongSeq, StreamFin2FinWrongSeq};
    case TcpState::Closing:
      return {StreamClosingInvalidAck, StreamClosingAckWrongSeq, StreamClosingAckWrongSeq};
    case TcpState::CloseWait:
      return {StreamClosewaitInvalidAck, StreamClosewaitAckOutOfWindow, StreamClosewaitFinOutOfWindow};
    case TcpState::LastAck:
      return {StreamLastackInvalidAck, StreamLastackAckWrongSeq, StreamLastackAckWrongSeq};
    case TcpState::TimeWait:
      return {StreamTimewaitInvalidAck, StreamTimewaitAckWrongSeq, StreamTimewaitAckWrongSeq};
    case TcpState::None:
    case TcpState::SynSent:
    case TcpState::SynReceived:
    case TcpState::Established:
    case TcpState::Closed:
      break;
  }
  return {StreamEstInvalidAck, StreamEstPacketOutOfWindow, StreamFinOutOfWindow};
}

/// A SYN that begins a new connection between ports whose old one is over.
bool begins_anew(const TcpSession& session, const Packet& packet, Direction direction) noexcept {
  const TcpHeader& tcp = packet.tcp;
  if (!tcp.is(kSyn) || tcp.is(kAck) || tcp.is(kRst)) return false;
  const TcpHalf& half = session.half(direction);
  switch (session.state) {
    case TcpState::Closed:
    case TcpState::LastAck:
    case TcpState::CloseWait:
    case TcpState::Closing:
      return tcp.sequence != half.initial || session.state == TcpState::Closed;
    case TcpState::TimeWait:
      // RFC 9293 §3.6.1: a number beyond those of the old connection.
      return seq_lt(half.next, tcp.sequence);
    case TcpState::None:
    case TcpState::SynSent:
    case TcpState::SynReceived:
    case TcpState::Established:
    case TcpState::FinWait1:
    case TcpState::FinWait2:
      return false;
  }
  return false;
}

}  // namespace

TcpResult TcpStep::run() {
  if (session_.state != TcpState::None && begins_anew(session_, packet_, direction_)) {
    result_.is_reuse = true;
    return result_;
  }
  if (!tcp_.is(kAck) && tcp_.acknowledgment != 0) packet_.events.add(PacketEvent::StreamPktBrokenAck);
  const TcpState before = session_.state;
  if (before == TcpState::None) {
    result_.is_accepted = none();
  } else {
    note_after_reset();
    if (before >= TcpState::Established && is_keep_alive()) {
      result_.is_accepted = true;
    } else if (is_bad_window_update()) {
      packet_.events.add(PacketEvent::StreamPktBadWindowUpdate);
    } else {
      result_.is_accepted = dispatch(before);
    }
  }
  self().flags_seen |= tcp_.flags;
  if (session_.state >= TcpState::Established && session_.state != TcpState::Closed)
    result_.flow_state = FlowState::Established;
  if (session_.state == TcpState::Closed) result_.flow_state = FlowState::Closed;
  if (options_.is_inline || session_.is_async) {
    for (TcpHalf& half : session_.halves) half.stream.release();
  }
  if (session_.is_async) self().stream.acknowledge(self().in_stream(self().next_offset));
  end_if_over();
  return result_;
}

bool TcpStep::dispatch(TcpState state) {
  switch (state) {
    case TcpState::None:
      return none();
    case TcpState::SynSent:
      return syn_sent();
    case TcpState::SynReceived:
      return syn_received();
    case TcpState::Established:
      return established();
    case TcpState::FinWait1:
    case TcpState::FinWait2:
    case TcpState::Closing:
    case TcpState::CloseWait:
    case TcpState::LastAck:
    case TcpState::TimeWait:
      return shutting_down();
    case TcpState::Closed:
      return closed();
  }
  return false;
}

bool TcpStep::established() {
  if (tcp_.is(kRst)) return reset();
  if (tcp_.is(kFin)) return finish_sending();
  if (tcp_.is(kSyn) && tcp_.is(kAck)) {
    if (is_to_server()) return refuse(PacketEvent::StreamEstSynackToserver);
    if (tcp_.acknowledgment != peer().initial + 1) return refuse(PacketEvent::StreamEstSynackResendWithDiffAck);
    if (tcp_.sequence != self().initial) return refuse(PacketEvent::StreamEstSynackResendWithDiffSeq);
    if (session_.is_confirmed) return refuse(PacketEvent::StreamEstSynackResend);
    return true;  // the server has not seen the end of the handshake
  }
  if (tcp_.is(kSyn)) {
    if (!is_to_server()) return refuse(PacketEvent::StreamEstSynToclient);
    if (tcp_.sequence != self().initial) return refuse(PacketEvent::StreamEstSynResendDiffSeq);
    return refuse(PacketEvent::StreamEstSynResend);
  }
  if (!tcp_.is(kAck) && !session_.is_async) return false;
  if (!is_valid_timestamp()) return false;
  const bool is_again = note_retransmission();
  if (!is_valid_ack(peer())) return refuse(PacketEvent::StreamEstInvalidAck);
  // Wholly acknowledged long ago: the host drops it.
  if (length() > 0 && seq_lt(sequence_end(), self().acked) && !session_.is_async) {
    return refuse(PacketEvent::StreamEstPktBeforeLastAck);
  }
  const bool is_probe = length() == 1 && self().window == 0 && tcp_.sequence == self().next;
  const bool fits = seq_le(sequence_end(), self().window_end) || is_probe || session_.is_midstream || session_.is_async;
  if (!fits) return refuse(PacketEvent::StreamEstPacketOutOfWindow);
  session_.is_confirmed = session_.is_confirmed || length() > 0 || is_again;
  take_ack();
  take_data();
  return true;
}

// One side or both have sent FIN.
bool TcpStep::shutting_down() {
  if (tcp_.is(kRst)) return reset();
  if (tcp_.is(kSyn)) return refuse(PacketEvent::StreamShutdownSynResend);
  if (tcp_.is(kFin)) return finish_sending();
  if (!tcp_.is(kAck)) return false;
  if (!is_valid_timestamp()) return false;
  const StateEvents events = events_of(session_.state);
  const bool is_again = note_retransmission();
  if (!is_valid_ack(peer())) return refuse(events.invalid_ack);
  if (is_again) {
    if (session_.state == TcpState::CloseWait && seq_lt(sequence_end(), self().acked))
      return refuse(PacketEvent::StreamClosewaitPktBeforeLastAck);
  } else {
    const bool is_next = tcp_.sequence == self().next || tcp_.sequence == self().next + (self().has_fin ? 1U : 0U);
    const bool fits = is_next || session_.is_midstream || session_.is_async ||
                      (seq_le(self().acked, tcp_.sequence) && seq_le(sequence_end(), self().window_end));
    if (!fits && length() == 0 && seq_lt(tcp_.sequence, self().next)) return true;  // an old acknowledgment
    if (!fits) return refuse(events.wrong_sequence);
  }
  take_ack();
  take_data();
  return true;
}

bool TcpStep::finish_sending() {
  if (!is_valid_timestamp()) return false;
  const bool is_again = self().has_fin || note_retransmission();
  if (!is_valid_ack(peer())) {
    return refuse(session_.state == TcpState::Established ? PacketEvent::StreamFinInvalidAck
                                                          : events_of(session_.state).invalid_ack);
  }
  if (!is_again || (self().has_fin && session_.state >= TcpState::FinWait1)) {
    const bool fits = seq_le(self().acked, tcp_.sequence + 1) && seq_le(sequence_end(), self().window_end);
    const bool is_next = tcp_.sequence == self().next;
    if (!fits && !is_next && !session_.is_midstream && !session_.is_async)
      return refuse(events_of(session_.state).fin_wrong_sequence);
  }
  take_ack();
  take_data();
  self().has_fin = true;
  switch (session_.state) {
    case TcpState::SynReceived:
    case TcpState::Established:
      session_.state = is_to_server() ? TcpState::CloseWait : TcpState::FinWait1;
      break;
    case TcpState::FinWait1: {  // the server was first
      if (!is_to_server()) break;
      const bool is_acked = tcp_.is(kAck) && tcp_.acknowledgment == peer().next + 1;
      session_.state = is_acked ? TcpState::TimeWait : TcpState::Closing;
      break;
    }
    case TcpState::FinWait2:
      if (is_to_server()) session_.state = TcpState::TimeWait;
      break;
    case TcpState::CloseWait:  // the client was first
      if (!is_to_server()) session_.state = TcpState::LastAck;
      break;
    case TcpState::None:
    case TcpState::SynSent:
    case TcpState::TimeWait:
    case TcpState::LastAck:
    case TcpState::Closing:
    case TcpState::Closed:
      break;
  }
  return true;
}

bool TcpStep::closed() {
  if (tcp_.is(kRst)) return true;
  // A RST that the host has ignored ends nothing: the connection goes on where it was.
  if (session_.is_closed_by_rst && !self().has_rst && session_.before_rst > TcpState::SynSent) {
    session_.state = session_.before_rst;
    const bool is_taken = dispatch(session_.before_rst);
    if (!is_taken && session_.state == session_.before_rst) session_.state = TcpState::Closed;
    return is_taken;
  }
  return !tcp_.is(kSyn);
}

void TcpStep::note_after_reset() {
  if (tcp_.is(kRst) || !self().has_rst) return;
  self().has_rst = false;
  packet_.events.add(PacketEvent::StreamSuspectedRstInject);
}

bool TcpStep::reset() {
  if (!is_valid_reset()) return false;
  if (tcp_.is(kAck)) take_ack();
  take_data();
  if (session_.state != TcpState::Closed) session_.before_rst = session_.state;
  session_.is_closed_by_rst = true;
  session_.state = TcpState::Closed;
  self().has_rst = true;
  return true;
}

bool TcpStep::is_valid_reset() {
  if (!is_valid_timestamp()) return false;
  if (tcp_.is(kAck) && tcp_.acknowledgment != 0 && !is_valid_ack(peer()))
    return refuse(PacketEvent::StreamRstInvalidAck);
  if (session_.is_async || session_.is_midstream) return true;
  switch (options_.policy) {
    case StreamPolicy::Linux:
    case StreamPolicy::OldLinux:
    case StreamPolicy::Solaris:  // anywhere in the window
      return seq_le(self().acked, sequence_end()) && seq_le(tcp_.sequence, self().next + self().window);
    case StreamPolicy::First:
    case StreamPolicy::Last:
    case StreamPolicy::Bsd:
    case StreamPolicy::Windows:
    case StreamPolicy::MacOs:
    case StreamPolicy::Vista:  // exactly the next number, or right after a FIN
      return tcp_.sequence == self().next || (self().has_fin && tcp_.sequence == self().next + 1) ||
             tcp_.sequence == self().acked;
  }
  return false;
}

bool TcpStep::is_valid_ack(const TcpHalf& acked) {
  if (!tcp_.is(kAck)) return true;
  const std::uint32_t ack = tcp_.acknowledgment;
  if (ack == acked.acked) return true;
  if (seq_lt(acked.acked, ack) && seq_le(ack, acked.window_end)) return true;
  if (seq_lt(ack, acked.acked)) {
    if (acked.window == 0 || seq_le(acked.acked - acked.window, ack)) return true;
    return refuse(PacketEvent::StreamPktInvalidAck);
  }
  if (session_.is_async || (session_.is_midstream && !acked.has_initial)) return true;
  // The FIN has a number of its own.
  if (acked.has_fin && ack == acked.next + 1) return true;
  return refuse(PacketEvent::StreamPktInvalidAck);
}

// RFC 7323 §5: a segment with an old timestamp is one from before, or somebody else's.
bool TcpStep::is_valid_timestamp() {
  const TcpHalf& half = self();
  if (!half.has_timestamps || !tcp_.has_timestamp || half.last_timestamp == 0) return true;
  const auto difference = static_cast<std::int32_t>(tcp_.timestamp - half.last_timestamp);
  const bool tolerates_one = options_.policy == StreamPolicy::Linux || options_.policy == StreamPolicy::Windows;
  const bool is_old = difference < (tolerates_one ? -1 : 0);
  if (!is_old || packet_.time - half.last_timestamp_at > kTimestampLife) return true;
  return refuse(PacketEvent::StreamPktInvalidTimestamp);
}

bool TcpStep::is_keep_alive() const noexcept {  // RFC 9293 §3.8.4
  if (length() > 1 || tcp_.is(kSyn) || tcp_.is(kFin) || tcp_.is(kRst)) return false;
  return length() == 1 && tcp_.sequence == self().next - 1 && tcp_.acknowledgment == peer().acked &&
         self().acked == self().next;
}

bool TcpStep::is_bad_window_update() const noexcept {
  if (session_.state < TcpState::Established || session_.state == TcpState::Closed) return false;
  if (tcp_.is(kSyn) || tcp_.is(kFin) || tcp_.is(kRst) || !tcp_.is(kAck)) return false;
  const std::uint32_t window = std::uint32_t{tcp_.window} << peer().window_scale;
  if (window >= peer().window) return false;
  return peer().window - window > length() && seq_lt(peer().next, tcp_.acknowledgment) &&
         seq_lt(self().next, tcp_.sequence) && !session_.is_midstream;
}

/// True: what it carries was sent before.
bool TcpStep::note_retransmission() const noexcept {
  if (length() == 0) return false;
  if (seq_le(sequence_end(), self().acked)) {
    packet_.events.add(PacketEvent::StreamPktSpuriousRetransmission);
  } else if (seq_lt(tcp_.sequence, self().acked) || seq_le(sequence_end(), self().next)) {
    packet_.events.add(PacketEvent::StreamPktRetransmission);
  } else {
    return false;
  }
  ++counters_.retransmissions;
  return true;
}

void TcpStep::take_ack() {
  if (!tcp_.is(kAck)) return;
  TcpHalf& half = peer();
  const std::uint32_t ack = tcp_.acknowledgment;
  const bool has_fin_acked = half.has_fin && ack == half.next + 1;
  half.window = std::uint32_t{tcp_.window} << half.window_scale;
  if (seq_lt(half.acked, ack)) {
    half.acked = ack;
    // Bytes that we did not see, but the other side has.
    const std::uint32_t data_end = has_fin_acked ? half.next : ack;
    if (seq_lt(half.next, data_end)) {
      half.next_offset += data_end - half.next;
      half.next = data_end;
    }
    half.stream.acknowledge(half.in_stream(half.next_offset - (half.next - data_end)));
    if (half.stream.has_gap()) {
      ++counters_.gaps;
      packet_.events.add(PacketEvent::StreamReassemblySeqGap);
    }
  }
  half.window_end = seq_max(half.window_end, half.acked + half.window);
  switch (session_.state) {
    case TcpState::FinWait1:
      if (has_fin_acked && is_to_server() && !tcp_.is(kFin)) session_.state = TcpState::FinWait2;
      break;
    case TcpState::Closing:
      if (has_fin_acked) session_.state = TcpState::TimeWait;
      break;
    case TcpState::LastAck:
    case TcpState::TimeWait:
      if (has_fin_acked) session_.state = TcpState::Closed;
      break;
    case TcpState::None:
    case TcpState::SynSent:
    case TcpState::SynReceived:
    case TcpState::Established:
    case TcpState::FinWait2:
    case TcpState::CloseWait:
    case TcpState::Closed:
      break;
  }
}

void TcpStep::take_data() {
  take_timestamp();
  if (length() == 0) return;
  TcpHalf& half = self();
  note_urgent(half);
  const std::uint32_t start = tcp_.sequence + (tcp_.is(kSyn) ? 1U : 0U);
  const auto distance = static_cast<std::int32_t>(start - half.next);
  const std::int64_t offset = static_cast<std::int64_t>(half.next_offset) + distance;
  ByteView bytes = packet_.payload;
  if (offset < 0) {
    const auto before = static_cast<std::size_t>(-offset);
    if (before >= bytes.size()) {
      packet_.events.add(PacketEvent::StreamReassemblySegmentBeforeBaseSeq);
      return;
    }
    bytes = bytes.subspan(before);
  }
  const auto at = static_cast<std::uint64_t>(std::max<std::int64_t>(offset, 0));
  const StreamRules rules{options_.policy, options_.is_inline, options_.limits};
  const SegmentResult added = add_bytes(half, at, bytes, rules);
  result_.was_added = added.is_stored;
  if (added.is_before_base) packet_.events.add(PacketEvent::StreamReassemblySegmentBeforeBaseSeq);
  if (added.overlaps_differently) {
    ++counters_.conflicts;
    packet_.events.add(PacketEvent::StreamReassemblyOverlapDifferentData);
    result_.is_conflicting = true;
  }
  if (added.is_over_limit) {
    ++counters_.over_memory;
    packet_.events.add(PacketEvent::StreamReassemblyInsertMemcap);
  }
  if (added.is_over_depth) packet_.events.add(PacketEvent::StreamReassemblyDepthReached);
  const std::uint32_t end = start + length();
  if (seq_lt(half.next, end)) {
    half.next_offset += end - half.next;
    half.next = end;
  }
}

/// As hosts read by default (RFC 6093 §3.1): the byte before the urgent pointer is handed over out of band.
void TcpStep::note_urgent(TcpHalf& half) {
  const std::uint32_t start = tcp_.sequence + (tcp_.is(kSyn) ? 1U : 0U);
  if (!tcp_.is(kUrg) || tcp_.urgent == 0 || tcp_.urgent > length()) return;
  const auto distance = static_cast<std::int32_t>(start - half.next);
  const std::int64_t offset = static_cast<std::int64_t>(half.next_offset) + distance + tcp_.urgent - 1;
  if (offset < 0) return;
  const auto at = static_cast<std::uint64_t>(offset);
  const auto place = std::lower_bound(half.urgent.begin(), half.urgent.end(), at);
  if (place != half.urgent.end() && *place == at) return;
  if (half.urgent.size() == kMaxUrgent) {
    packet_.events.add(PacketEvent::StreamReassemblyUrgentOobLimitReached);
    return;
  }
  half.urgent.insert(place, at);
}

SegmentResult TcpStep::add_bytes(TcpHalf& half, std::uint64_t at, ByteView bytes, const StreamRules& rules) {
  SegmentResult result;
  auto next = std::lower_bound(half.urgent.begin(), half.urgent.end(), at);
  if (next == half.urgent.end() || *next >= at + bytes.size()) {
    return half.stream.add(half.in_stream(at), bytes, rules, pool_);
  }
  while (!bytes.empty()) {
    const bool is_cut = next != half.urgent.end() && *next < at + bytes.size();
    const auto size = is_cut ? *next - at : bytes.size();
    if (size > 0) {
      const auto one = half.stream.add(half.in_stream(at), bytes.first(size), rules, pool_);
      result.is_stored |= one.is_stored;
      result.is_before_base |= one.is_before_base;
      result.overlaps_differently |= one.overlaps_differently;
      result.is_over_limit |= one.is_over_limit;
      result.is_over_depth |= one.is_over_depth;
    }
    if (!is_cut) break;
    at += size + 1;
    bytes = bytes.subspan(size + 1);
    ++next;
  }
  return result;
}

void TcpStep::take_timestamp() {
  if (!tcp_.has_timestamp || !self().has_timestamps) return;
  if (static_cast<std::int32_t>(tcp_.timestamp - self().last_timestamp) < 0) return;
  self().last_timestamp = tcp_.timestamp;
  self().last_timestamp_at = packet_.time;
}

// Nothing more will come: what was not acknowledged may be judged too.
void TcpStep::end_if_over() {
  if (session_.state != TcpState::Closed) return;
  result_.is_end = true;
}

}  // namespace warder::packet
