// From a frame to packets: link layer, tags, IP with its extension headers and fragments, transport, tunnels.
#pragma once

#include <memory>
#include <span>

#include "packet/defragment.h"
#include "packet/packet.h"

namespace warder::packet {

struct DecodeOptions {
  bool verify_checksums = false;
  bool defragment = true;  // false: fragments stay fragments, and the decoder keeps no state
  bool enter_tunnels = true;
  std::uint16_t vxlan_port = 4789;
  std::uint16_t geneve_port = 6081;
  std::uint16_t teredo_port = 3544;
  DefragmentLimits fragments = {};
  /// How the protected hosts put overlapping fragments together.
  DefragmentPolicy fragment_policy = DefragmentPolicy::Bsd;
};

/// Single-threaded. What it gives lives until the next call of decode(); the frame must live as long. No allocation
/// except for fragments, within their limits.
class Decoder {
 public:
  /// Tunnels in tunnels are followed this deep; deeper ones are an event (decoder.too_many_layers).
  static constexpr std::size_t kMaxPackets = 16;

  explicit Decoder(DecodeOptions options = {});
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  /// The outermost packet first, then what it carries. Never empty: a frame that makes no sense is one packet with
  /// events. A fragment is followed by the reassembled datagram when it completes one.
  std::span<Packet> decode(const Frame& frame);

  [[nodiscard]] const DefragmentCounters& fragments() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace warder::packet
