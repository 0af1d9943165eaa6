// A conversation between two endpoints.
#pragma once

#include <array>
#include <cstdint>

#include "base/address.h"
#include "base/time.h"
#include "packet/tcp_session.h"

namespace warder::packet {

/// New: one side has spoken. Established: both have, or the TCP handshake is complete. Closed: TCP only.
enum class FlowState : std::uint8_t { New, Established, Closed };

/// Why a flow ended.
enum class FlowEnd : std::uint8_t { Timeout, Closed, Reused, Evicted, Finished };

struct FlowSide {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  // of whole packets
};

struct Flow {
  IpAddress client;
  IpAddress server;
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  std::uint8_t protocol = 0;
  FlowState state = FlowState::New;
  Timestamp first_seen;
  Timestamp last_seen;
  std::array<FlowSide, 2> sides{};  // by Direction
  /// Where the engine keeps what it knows of this flow: below FlowTable::capacity(), its own while the flow lives.
  std::uint32_t slot = 0;
  /// Differs each time the slot is used again.
  std::uint32_t generation = 0;
  TcpSession tcp;

  [[nodiscard]] FlowSide& side(Direction direction) noexcept { return sides[static_cast<std::size_t>(direction)]; }
  [[nodiscard]] const FlowSide& side(Direction direction) const noexcept {
    return sides[static_cast<std::size_t>(direction)];
  }
  /// Client and server change places: the first packet seen was an answer.
  void turn_round() noexcept;
};

}  // namespace warder::packet
