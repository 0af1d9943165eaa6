// Conditions of a rule on the packet and its flow, outside of buffers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engines/ips/app/protocol.h"
#include "packet/flow.h"
#include "packet/packet.h"

namespace warder::ips {

struct FlowState;
class SharedState;

using app::Direction;
using app::index;

enum class BitTrack : std::uint8_t { Source, Destination, Pair, Transaction };

/// What a test may look at. The flow is null for packets that have none.
struct PacketContext {
  const packet::Packet& packet;
  packet::Flow* flow = nullptr;
  FlowState* state = nullptr;
  SharedState& shared;
  Direction direction = Direction::ToServer;
  bool is_established = false;
  bool is_pseudo = false;  // made at the end of a flow: has no bytes
};

/// Immutable and thread-safe.
class PacketTest {
 public:
  PacketTest() = default;
  PacketTest(const PacketTest&) = delete;
  PacketTest& operator=(const PacketTest&) = delete;
  virtual ~PacketTest() = default;
  [[nodiscard]] virtual bool matches(const PacketContext& context) const = 0;
};

}  // namespace warder::ips
