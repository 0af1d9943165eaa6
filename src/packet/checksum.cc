#include "packet/checksum.h"

#include <array>
#include <bit>
#include <cstring>

#include "packet/decode_layers.h"

namespace warder::packet {
namespace {

constexpr std::uint32_t kCastagnoli = 0x82f63b78;  // reflected

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1U) != 0 ? value >> 1U ^ kCastagnoli : value >> 1U;
    table[i] = value;
  }
  return table;
}
constexpr auto kTable = make_table();

/// The sum over addresses, length and protocol that stands before the transport's own.
std::uint32_t pseudo_header(const Packet& packet) noexcept {
  const bool is_v4 = packet.network_kind == Network::Ipv4;
  const ByteView addresses = packet.network.subspan(is_v4 ? 12 : 8, is_v4 ? 8 : 32);
  const std::size_t length = packet.transport.size();
  std::uint32_t sum = checksum_add(addresses);
  sum += static_cast<std::uint32_t>(length >> 16U) + static_cast<std::uint32_t>(length & 0xffffU);
  return sum + packet.protocol;
}

Checksum verdict(bool is_good) noexcept {
  return is_good ? Checksum::Good : Checksum::Bad;
}

Checksum check_transport(const Packet& packet) noexcept {
  switch (packet.transport_kind) {
    case Transport::Tcp:
    case Transport::Icmp6:
      return verdict(checksum_finish(checksum_add(packet.transport, pseudo_header(packet))) == 0);
    case Transport::Udp:
      if (be16(packet.transport, 6) == 0) return Checksum::Unchecked;  // the sender made none (RFC 768)
      return verdict(checksum_finish(checksum_add(packet.transport, pseudo_header(packet))) == 0);
    case Transport::Icmp:
    case Transport::Igmp:
      return verdict(checksum_finish(checksum_add(packet.transport)) == 0);
    case Transport::Sctp: {
      constexpr std::array<std::uint8_t, 4> kZero{};
      std::uint32_t sum = crc32c(packet.transport.first(8));
      sum = crc32c(kZero, sum);
      sum = crc32c(packet.transport.subspan(12), sum);
      return verdict(__builtin_bswap32(be32(packet.transport, 8)) == sum);
    }
    case Transport::None:
    case Transport::Esp:
      return Checksum::Unchecked;
  }
  return Checksum::Unchecked;
}

}  // namespace

std::uint32_t checksum_add(ByteView bytes, std::uint32_t seed) noexcept {
  // RFC 1071 §2: the sum does not depend on byte order but for a final swap, nor on the width of the words.
  std::uint64_t sum = 0;
  std::size_t at = 0;
  for (; bytes.size() - at >= 8; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    sum += (word & 0xffffffffU) + (word >> 32U);
  }
  for (; bytes.size() - at >= 2; at += 2) {
    std::uint16_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    sum += word;
  }
  if (at < bytes.size()) {
    const std::array<std::uint8_t, 2> last{bytes[at], 0};
    std::uint16_t word = 0;
    std::memcpy(&word, last.data(), sizeof word);
    sum += word;
  }
  while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
  auto folded = static_cast<std::uint16_t>(sum);
  if constexpr (std::endian::native == std::endian::little) folded = __builtin_bswap16(folded);
  return seed + folded;
}

std::uint16_t checksum_finish(std::uint32_t sum) noexcept {
  while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

std::uint32_t crc32c(ByteView bytes, std::uint32_t seed) noexcept {
  std::uint32_t value = ~seed;
  for (const std::uint8_t byte : bytes) value = kTable[(value ^ byte) & 0xffU] ^ value >> 8U;
  return ~value;
}

void verify_checksums(Packet& packet) noexcept {
  if (packet.is_invalid) return;
  if (packet.network_kind == Network::Ipv4)
    packet.ip_checksum = verdict(checksum_finish(checksum_add(packet.network_header)) == 0);
  if (packet.ip.is_fragment() || packet.transport.empty()) return;
  packet.transport_checksum = check_transport(packet);
}

}  // namespace warder::packet
