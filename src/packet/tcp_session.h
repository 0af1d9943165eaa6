// The two halves of a TCP connection as the tracker keeps them in a flow.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

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

/// One sender: its sequence numbers and what it has sent. Windows are what the other side offers it.
struct TcpHalf {
  std::uint32_t initial = 0;      // initial sequence number
  std::uint32_t next = 0;         // the sequence number expected next
  std::uint64_t next_offset = 0;  // … as an offset in the stream
  std::uint32_t acked = 0;        // the highest acknowledgment by the other
  std::uint32_t window = 0;       // the last, scaled
  std::uint32_t window_end = 0;   // the highest acked + window
  std::uint8_t window_scale = 0;
  bool has_initial = false;  // a SYN was seen, or its number was worked out from a midstream packet
  bool has_timestamps = false;
  bool has_fin = false;
  bool has_rst = false;  // it sent one
  std::uint8_t flags_seen = 0;
  std::uint32_t last_timestamp = 0;
  Timestamp last_timestamp_at;
  std::uint16_t mss = 0;
  std::optional<std::uint32_t> other_initial;  // of a second SYN+ACK
  std::vector<std::uint64_t> urgent;           // offsets of bytes that the host reads out of band: not in the stream
  ByteStream stream;

  /// Where in the stream a byte stands: the urgent ones before it do not count.
  [[nodiscard]] std::uint64_t in_stream(std::uint64_t offset) const noexcept;
};

struct TcpSession {
  TcpState state = TcpState::None;
  std::array<TcpHalf, 2> halves;  // by the direction of their data: [ToServer] is what the client sends
  bool is_midstream = false;
  bool is_async = false;     // only one side is seen
  bool is_four_way = false;  // both sides sent a SYN
  bool has_fast_open = false;
  bool is_confirmed = false;  // the handshake is beyond doubt: data was acknowledged
  bool is_closed_by_rst = false;
  TcpState before_rst = TcpState::None;
  std::uint8_t other_syns = 0;  // SYNs with other sequence numbers while the handshake lasts
  std::uint8_t other_synacks = 0;

  [[nodiscard]] TcpHalf& half(Direction direction) noexcept { return halves[static_cast<std::size_t>(direction)]; }
  [[nodiscard]] const TcpHalf& half(Direction direction) const noexcept {
    return halves[static_cast<std::size_t>(direction)];
  }
  /// What goes in that direction, in order.
  [[nodiscard]] ByteStream& stream(Direction direction) noexcept { return half(direction).stream; }
  [[nodiscard]] bool is_established() const noexcept { return state >= TcpState::Established; }
  /// Gives the memory back and begins anew.
  void reset(StreamPool& pool) noexcept;
};

}  // namespace warder::packet
