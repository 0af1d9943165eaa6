// The Internet checksum (RFC 1071) of packets.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "packet/packet.h"

namespace warder::packet {

/// One's-complement sum of 16-bit words in network order, not inverted; `seed` continues an earlier sum of an even
/// number of bytes.
std::uint32_t checksum_add(ByteView bytes, std::uint32_t seed = 0) noexcept;
/// The sum folded to 16 bits and inverted: what stands in a header, or 0 for bytes that include a right checksum.
std::uint16_t checksum_finish(std::uint32_t sum) noexcept;

/// CRC32c, the checksum of SCTP (RFC 9260, appendix A).
std::uint32_t crc32c(ByteView bytes, std::uint32_t seed = 0) noexcept;

/// Sets packet.ip_checksum and packet.transport_checksum. Fragments and cut packets stay Unchecked.
void verify_checksums(Packet& packet) noexcept;

}  // namespace warder::packet
