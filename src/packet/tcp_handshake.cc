// How connections begin: three ways, four ways, fast open, in the middle, with one side unseen.
#include <algorithm>

#include "packet/tcp_step.h"

namespace warder::packet {
namespace {

using namespace tcp_flag;
constexpr std::uint8_t kMaxWindowScale = 14;  // RFC 7323 §2.3

}  // namespace

bool TcpStep::none() {
  if (tcp_.is(kRst)) return refuse(PacketEvent::StreamRstButNoSession);
  if (tcp_.is(kFin) && !tcp_.is(kSyn)) return refuse(PacketEvent::StreamFinButNoSession);
  if (tcp_.is(kSyn) && tcp_.is(kFin)) packet_.events.add(PacketEvent::StreamFinSyn);
  if (tcp_.is(kSyn)) return tcp_.is(kAck) ? begin_with_synack() : begin_with_syn();
  if (tcp_.is(kAck)) return begin_midstream();
  return false;
}

void TcpStep::begin_half(TcpHalf& half, std::uint32_t initial) {
  half.initial = initial;
  half.next = initial + 1;
  half.next_offset = 0;
  half.urgent.clear();
  half.acked = initial + 1;
  half.has_initial = true;
}

// Options that count only on segments with SYN. The sender's scale is for the windows that it offers.
void TcpStep::take_syn_options(TcpHalf& sender, TcpHalf& receiver, bool is_answer) {
  if (tcp_.mss) sender.mss = *tcp_.mss;
  if (tcp_.window_scale) receiver.window_scale = std::min(*tcp_.window_scale, kMaxWindowScale);
  if (is_answer && !tcp_.window_scale) {  // both or neither
    receiver.window_scale = 0;
    sender.window_scale = 0;
  }
  receiver.window = tcp_.window;  // never scaled on a SYN
  receiver.window_end = receiver.acked + receiver.window;
  sender.has_timestamps = tcp_.has_timestamp;
  if (is_answer && !tcp_.has_timestamp) receiver.has_timestamps = false;
  if (is_answer && !receiver.has_timestamps) sender.has_timestamps = false;
  sender.last_timestamp = tcp_.timestamp;
  sender.last_timestamp_at = packet_.time;
}

bool TcpStep::begin_with_syn() {
  ++counters_.sessions;
  session_.state = TcpState::SynSent;
  begin_half(self(), tcp_.sequence);
  take_syn_options(self(), peer(), false);
  session_.has_fast_open = tcp_.has_fast_open && !tcp_.fast_open_cookie.empty();
  if (session_.has_fast_open && length() > 0) {
    // RFC 7413: the bytes of a SYN begin after it.
    self().window_end = self().next + length();
    take_data();
  }
  return true;
}

// The first packet seen is the answer: its sender is the server.
bool TcpStep::begin_with_synack() {
  if (!options_.picks_up_midstream && !options_.allows_async) {
    result_.is_midstream = true;
    return false;
  }
  ++counters_.sessions;
  ++counters_.midstream;
  session_.is_midstream = true;
  if (is_to_server()) {
    flow_.turn_round();
    direction_ = opposite(direction_);
  }
  session_.state = TcpState::SynReceived;
  begin_half(self(), tcp_.sequence);
  begin_half(peer(), tcp_.acknowledgment - 1);
  take_syn_options(self(), peer(), false);
  self().window = self().window_end = 0;
  self().window_end = self().next + tcp_.window;
  return true;
}

bool TcpStep::begin_midstream() {
  if (!options_.picks_up_midstream) {
    result_.is_midstream = true;
    return false;
  }
  ++counters_.sessions;
  ++counters_.midstream;
  session_.is_midstream = true;
  session_.is_async = options_.allows_async;
  session_.state = TcpState::Established;
  begin_half(self(), tcp_.sequence - 1);
  begin_half(peer(), tcp_.acknowledgment - 1);
  // What was agreed on is not known: the largest scale refuses least.
  self().window_scale = peer().window_scale = kMaxWindowScale;
  self().window_end = self().next + length() + (std::uint32_t{tcp_.window} << kMaxWindowScale);
  for (TcpHalf* const half : {&self(), &peer()}) half->has_timestamps = tcp_.has_timestamp;
  self().last_timestamp = tcp_.timestamp;
  peer().last_timestamp = tcp_.timestamp_echo;
  self().last_timestamp_at = peer().last_timestamp_at = packet_.time;
  take_ack();
  take_data();
  return true;
}

bool TcpStep::syn_sent() {
  if (tcp_.is(kRst)) {
    // An answer to a SYN acknowledges it; one from the client itself takes it back.
    if (!is_to_server() && (!tcp_.is(kAck) || tcp_.acknowledgment != peer().next)) {
      const bool is_of_data = session_.has_fast_open && tcp_.acknowledgment == peer().initial + 1;
      if (!is_of_data) return refuse(PacketEvent::StreamRstInvalidAck);
    }
    session_.state = TcpState::Closed;
    self().has_rst = true;
    session_.is_closed_by_rst = true;
    session_.before_rst = TcpState::SynSent;
    return true;
  }
  if (tcp_.is(kSyn)) return tcp_.is(kAck) ? syn_sent_synack() : syn_sent_syn();
  if (tcp_.is(kAck) || (options_.allows_async && length() > 0)) return syn_sent_async();
  return false;
}

bool TcpStep::syn_sent_synack() {
  if (session_.is_four_way && is_to_server()) {
    // The client answers the SYN that the server sent.
    if (tcp_.acknowledgment != peer().initial + 1) return refuse(PacketEvent::Stream4whsSynackWithWrongAck);
    if (tcp_.sequence != self().initial) return refuse(PacketEvent::Stream4whsSynackWithWrongSyn);
    session_.state = TcpState::SynReceived;
    take_syn_options(self(), peer(), true);
    peer().acked = tcp_.acknowledgment;
    return true;
  }
  if (is_to_server()) return refuse(PacketEvent::Stream3whsSynackInWrongDirection);
  const std::uint32_t ack = tcp_.acknowledgment;
  if (session_.has_fast_open) {
    // All, or the SYN alone: then the server did not take the bytes, and the client says them again.
    if (!seq_lt(peer().initial, ack) || !seq_le(ack, peer().next))
      return refuse(PacketEvent::Stream3whsSynackWithWrongAck);
    if (ack == peer().initial + 1 && peer().next != ack) {
      packet_.events.add(PacketEvent::Stream3whsSynackTfoDataIgnored);
      peer().stream.reset(pool_);
      peer().next = ack;
      peer().next_offset = 0;
      session_.has_fast_open = false;
    }
  } else if (ack != peer().initial + 1) {
    return refuse(PacketEvent::Stream3whsSynackWithWrongAck);
  }
  session_.state = TcpState::SynReceived;
  const bool scales = peer().window_scale != 0 || self().window_scale != 0;
  begin_half(self(), tcp_.sequence);
  take_syn_options(self(), peer(), true);
  if (!scales && !tcp_.window_scale) self().window_scale = 0;
  self().window_end = self().next + self().window;
  peer().acked = ack;
  peer().window_end = ack + peer().window;
  if (session_.has_fast_open) {
    peer().stream.acknowledge(peer().next_offset);
    if (length() > 0) take_data();
  }
  return true;
}

bool TcpStep::syn_sent_syn() {
  if (!is_to_server()) {  // simultaneous open, or a handshake split in two
    session_.is_four_way = true;
    begin_half(self(), tcp_.sequence);
    take_syn_options(self(), peer(), false);
    return true;
  }
  if (tcp_.sequence == self().initial) return true;  // again
  if (++session_.other_syns > options_.max_other_syns) return refuse(PacketEvent::Stream3whsSynFlood);
  // The answer will tell which one counts; until then the newest.
  self().stream.reset(pool_);
  begin_half(self(), tcp_.sequence);
  take_syn_options(self(), peer(), false);
  session_.has_fast_open = tcp_.has_fast_open && !tcp_.fast_open_cookie.empty();
  if (session_.has_fast_open && length() > 0) take_data();
  return true;
}

// The client goes on though no answer was seen.
bool TcpStep::syn_sent_async() {
  if (!options_.allows_async) return false;
  if (!is_to_server()) {
    session_.is_async = true;
  } else if (tcp_.sequence != self().next) {
    return refuse(PacketEvent::Stream3whsAsyncWrongSeq);
  }
  session_.is_async = true;
  session_.state = TcpState::Established;
  begin_half(peer(), tcp_.acknowledgment - 1);
  self().window_scale = peer().window_scale = kMaxWindowScale;
  self().window_end = self().next + (std::uint32_t{tcp_.window} << kMaxWindowScale);
  take_ack();
  take_data();
  return true;
}

bool TcpStep::syn_received() {
  if (tcp_.is(kRst)) return reset();
  if (tcp_.is(kSyn)) return tcp_.is(kAck) ? syn_received_synack() : syn_received_syn();
  if (tcp_.is(kFin)) {
    if (!finish_sending()) return false;
    return true;
  }
  if (tcp_.is(kAck)) return syn_received_ack();
  return false;
}

bool TcpStep::syn_received_synack() {
  if (is_to_server()) return refuse(PacketEvent::Stream3whsSynackToserverOnSynRecv);
  if (tcp_.acknowledgment != peer().acked) return refuse(PacketEvent::Stream3whsSynackResendWithDiffAck);
  if (tcp_.sequence == self().initial) return true;  // again
  packet_.events.add(PacketEvent::Stream3whsSynackResendWithDiffSeq);
  if (++session_.other_synacks > options_.max_other_synacks) return refuse(PacketEvent::Stream3whsSynackFlood);
  // The host that sent the SYN takes the first; which that was, its acknowledgment will say.
  self().other_initial = tcp_.sequence;
  return true;
}

bool TcpStep::syn_received_syn() {
  if (!is_to_server()) {
    if (session_.is_four_way) return true;
    return refuse(PacketEvent::Stream3whsSynToclientOnSynRecv);
  }
  if (tcp_.sequence != self().initial) return refuse(PacketEvent::Stream3whsSynResendDiffSeqOnSynRecv);
  return true;
}

bool TcpStep::syn_received_ack_of_server() {
  if (session_.is_four_way) {
    if (tcp_.sequence != self().next) return refuse(PacketEvent::Stream4whsWrongSeq);
    if (tcp_.acknowledgment != peer().next) return refuse(PacketEvent::Stream4whsInvalidAck);
    establish();
    return true;
  }
  if (session_.is_midstream || session_.has_fast_open) {
    if (!is_valid_ack(peer())) return false;
    establish();
    return true;
  }
  // The server speaks before the client's acknowledgment was seen: it was lost to us, or this is not the server.
  const bool fits = tcp_.sequence == self().next && seq_lt(peer().acked, tcp_.acknowledgment) &&
                    seq_le(tcp_.acknowledgment, peer().window_end);
  if (fits) {
    establish();
    return true;
  }
  if (options_.is_inline && length() > 0) {
    result_.must_drop = true;
    return refuse(PacketEvent::Stream3whsAckDataInject);
  }
  return refuse(PacketEvent::Stream3whsAckInWrongDir);
}

bool TcpStep::syn_received_ack() {
  if (!is_valid_timestamp()) return false;
  if (!is_to_server()) return syn_received_ack_of_server();
  if (peer().other_initial && tcp_.acknowledgment == *peer().other_initial + 1)
    begin_half(peer(), *peer().other_initial);
  const bool acks_right = tcp_.acknowledgment == peer().next || (session_.has_fast_open && is_valid_ack(peer()));
  const bool is_next = tcp_.sequence == self().next;
  // Something was lost to us, but it fits into what the server said it would take.
  const bool is_later = seq_lt(self().next, tcp_.sequence) && seq_le(sequence_end(), self().window_end);
  const bool is_again = session_.has_fast_open && seq_lt(tcp_.sequence, self().next);
  if (acks_right && (is_next || is_later || is_again)) {
    establish();
    return true;
  }
  const bool is_ahead = seq_lt(peer().next, tcp_.acknowledgment) && seq_le(tcp_.acknowledgment, peer().window_end);
  if (is_ahead && (is_next || is_later)) {  // data of the server was lost to us
    establish();
    return true;
  }
  if (is_next) return refuse(PacketEvent::Stream3whsRightSeqWrongAckEvasion);
  return refuse(PacketEvent::Stream3whsWrongSeqWrongAck);
}

void TcpStep::establish() {
  session_.state = TcpState::Established;
  take_ack();
  take_data();
}

}  // namespace warder::packet
