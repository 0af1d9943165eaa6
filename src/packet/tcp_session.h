// The two halves of a TCP connection as the tracker keeps them in a flow.
#pragma once

#include <array>
#include <cstdint>

#include "base/time.h"
#include "packet/byte_stream.h"

namespace warder::packet {

/// Which way data goes. The client is who began the flow.
enum class Direction : std::uint8_t { ToServer, ToClient };
inline constexpr Direction opposite(Direction direction) noexcept {
  return direction == Direction::ToServer ? Direction::ToClient : Direction::ToServer;
}

enum class TcpState : std::uint8_t {
  None,
  SynSent,
  SynReceived,
  Established,
  FinWait1,
  FinWait2,
  TimeWait,
  LastAck,
  CloseWait,
  Closing,
  Closed,
};
std::string_view name(TcpState state) noexcept;

/// One sender: its sequence numbers and what it has sent.
struct TcpHalf {
  std::uint32_t initial = 0;     // initial sequence number
  std::uint32_t next = 0;        // the sequence number expected next
  std::uint32_t acked = 0;       // the highest acknowledgment of this half's data by the other
  std::uint32_t window_end = 0;  // acked + window of the other, the highest seen
  std::uint32_t window = 0;      // last window that this half offered, scaled
  std::uint8_t window_scale = 0;
  bool has_initial = false;  // a SYN was seen, or its number was worked out from a midstream packet
  bool has_timestamps = false;
  bool has_fin = false;
  bool has_rst = false;
  std::uint8_t flags_seen = 0;
  std::uint32_t last_timestamp = 0;
  Timestamp last_timestamp_at;
  ByteStream stream;
};

struct TcpSession {
  TcpState state = TcpState::None;
  std::array<TcpHalf, 2> halves;  // by the direction of their data: [ToServer] is what the client sends
  bool is_midstream = false;
  bool is_async = false;  // only one side is seen
  bool is_rst_suspect = false;
  bool is_four_way = false;
  std::uint8_t queued_synacks = 0;

  [[nodiscard]] TcpHalf& half(Direction direction) noexcept { return halves[static_cast<std::size_t>(direction)]; }
  [[nodiscard]] const TcpHalf& half(Direction direction) const noexcept {
    return halves[static_cast<std::size_t>(direction)];
  }
  /// What goes in that direction, in order.
  [[nodiscard]] ByteStream& stream(Direction direction) noexcept { return half(direction).stream; }
  [[nodiscard]] bool is_established() const noexcept { return state >= TcpState::Established; }
};

}  // namespace warder::packet
