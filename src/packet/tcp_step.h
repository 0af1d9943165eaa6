// One packet's way through its TCP connection; tcp_tracker.cc begins it, nobody else includes this.
#pragma once

#include "packet/tcp_tracker.h"

namespace warder::packet {

/// Sequence numbers wrap (RFC 9293 §3.4).
inline bool seq_lt(std::uint32_t a, std::uint32_t b) noexcept {
  return static_cast<std::int32_t>(a - b) < 0;
}
inline bool seq_le(std::uint32_t a, std::uint32_t b) noexcept {
  return static_cast<std::int32_t>(a - b) <= 0;
}
inline std::uint32_t seq_max(std::uint32_t a, std::uint32_t b) noexcept {
  return seq_lt(a, b) ? b : a;
}

class TcpStep {
 public:
  TcpStep(const TcpOptions& options, TcpCounters& counters, StreamPool& pool, Packet& packet, Flow& flow,
          Direction& direction)
      : options_(options),
        counters_(counters),
        pool_(pool),
        packet_(packet),
        tcp_(packet.tcp),
        flow_(flow),
        session_(flow.tcp),
        direction_(direction) {}

  TcpResult run();

 private:
  // tcp_step.cc
  bool dispatch(TcpState state);
  bool established();
  bool shutting_down();
  bool closed();
  bool reset();
  bool finish_sending();
  bool is_valid_ack(const TcpHalf& acked);
  bool is_valid_reset();
  bool is_valid_timestamp();
  bool is_keep_alive() const noexcept;
  bool is_bad_window_update() const noexcept;
  bool note_retransmission() const noexcept;
  void note_after_reset();
  void take_ack();
  void take_data();
  void note_urgent(TcpHalf& half);
  SegmentResult add_bytes(TcpHalf& half, std::uint64_t at, ByteView bytes, const StreamRules& rules);
  void take_timestamp();
  void end_if_over();
  // tcp_handshake.cc
  bool none();
  bool begin_with_syn();
  bool begin_with_synack();
  bool begin_midstream();
  bool syn_sent();
  bool syn_sent_synack();
  bool syn_sent_syn();
  bool syn_sent_async();
  bool syn_received();
  bool syn_received_synack();
  bool syn_received_syn();
  bool syn_received_ack();
  bool syn_received_ack_of_server();
  void establish();
  void begin_half(TcpHalf& half, std::uint32_t initial);
  void take_syn_options(TcpHalf& sender, TcpHalf& receiver, bool is_answer);

  TcpHalf& self() noexcept { return session_.half(direction_); }
  TcpHalf& peer() noexcept { return session_.half(opposite(direction_)); }
  [[nodiscard]] const TcpHalf& self() const noexcept { return session_.half(direction_); }
  [[nodiscard]] const TcpHalf& peer() const noexcept { return session_.half(opposite(direction_)); }
  [[nodiscard]] bool is_to_server() const noexcept { return direction_ == Direction::ToServer; }
  [[nodiscard]] std::uint32_t length() const noexcept { return static_cast<std::uint32_t>(packet_.payload.size()); }
  [[nodiscard]] std::uint32_t sequence_end() const noexcept { return tcp_.sequence + length(); }
  bool refuse(PacketEvent event) {
    packet_.events.add(event);
    return false;
  }

  const TcpOptions& options_;
  TcpCounters& counters_;
  StreamPool& pool_;
  Packet& packet_;
  const TcpHeader& tcp_;
  Flow& flow_;
  TcpSession& session_;
  Direction& direction_;
  TcpResult result_;
};

}  // namespace warder::packet
