// Connections as Linux tracks them (net/netfilter/nf_conntrack_*): enough of it to say which state a packet has.
// Sequence numbers are not followed: every packet counts as within its window.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "engines/firewall/packet.h"
#include "engines/firewall/program.h"

namespace warder::firewall {

/// What is known about one packet's connection.
struct PacketState {
  std::uint8_t state = kInvalid;  // one of StateBits
  bool is_reply = false;
  bool has_connection = false;
  Tuple key;  // of the connection, in its original direction
};

/// Single-threaded. Bounded: when full, the connection that was silent longest goes.
class Connections {
 public:
  explicit Connections(std::size_t most = 1 << 16) : most_(most) {}

  /// What the packet is to the connections known so far. Changes nothing yet but what the kernel changes even when the
  /// packet is dropped later.
  PacketState look_up(const Packet& packet);
  /// The packet passed: a new connection is kept from now on.
  void confirm(const Packet& packet, const PacketState& state);

  [[nodiscard]] std::uint32_t mark(const PacketState& state) const;
  void set_mark(const PacketState& state, std::uint32_t mark);
  /// Known, and not closing.
  [[nodiscard]] bool is_open(const Tuple& key) const;
  [[nodiscard]] std::size_t size() const noexcept { return flows_.size(); }

 private:
  struct Flow {
    bool has_reply = false;
    std::uint8_t tcp = 0;
    std::uint32_t mark = 0;
    Timestamp last{};
  };

  PacketState look_up_error(const Packet& packet) const;
  PacketState look_up_known(const Packet& packet, const Tuple& key, bool is_reply);
  PacketState look_up_new(const Packet& packet, const Tuple& tuple);
  void expire(Timestamp now);

  std::map<Tuple, Flow> flows_;
  std::optional<Flow> pending_;  // of the packet looked up last
  std::size_t most_;
};

}  // namespace warder::firewall
