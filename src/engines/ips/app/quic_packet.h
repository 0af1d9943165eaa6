// QUIC's Initial packets opened (RFC 9001 §5): their keys follow from the connection id of the client's first packet,
// so anybody on the path can read them.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace warder::ips::app {

struct QuicLongHeader {
  std::uint32_t version = 0;
  bool is_initial = false;
  ByteView destination;  // connection ids
  ByteView source;
  std::size_t number_at = 0;  // where the (protected) packet number starts
  std::size_t size = 0;       // of the packet: another may follow in the datagram
};

inline constexpr std::uint32_t kQuicVersion1 = 0x00000001;
inline constexpr std::uint32_t kQuicVersion2 = 0x6b3343cf;

/// The packet at the start of a datagram. Corrupt when it has no long header or does not fit.
Result<QuicLongHeader> parse_quic_long_header(ByteView datagram);

/// The frames of a client's Initial packet; nothing when it cannot be opened with keys of this connection id.
std::optional<Bytes> open_quic_initial(const QuicLongHeader& header, ByteView datagram, ByteView first_destination);

}  // namespace warder::ips::app
