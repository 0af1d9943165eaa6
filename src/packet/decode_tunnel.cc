// Packets inside packets: GRE, ERSPAN, IP in IP, Teredo, VXLAN, Geneve.
#include "packet/decode_layers.h"

namespace warder::packet {
namespace {

constexpr std::uint16_t kGreChecksum = 0x8000;
constexpr std::uint16_t kGreRouting = 0x4000;
constexpr std::uint16_t kGreKey = 0x2000;
constexpr std::uint16_t kGreSequence = 0x1000;
constexpr std::uint16_t kGreStrictRoute = 0x0800;
constexpr std::uint16_t kGreRecursion = 0x0700;
constexpr std::uint16_t kGreFlags = 0x00f8;
constexpr std::uint16_t kGreAcknowledgment = 0x0080;
constexpr std::uint16_t kGreVersion = 0x0007;

/// The length of source routes (RFC 1701), or nullopt when they run out of the bytes.
std::optional<std::size_t> source_routes_length(ByteView bytes) noexcept {
  std::size_t at = 0;
  while (true) {
    if (bytes.size() - at < 4) return std::nullopt;
    const std::uint16_t family = be16(bytes, at);
    const std::size_t length = bytes[at + 3];
    at += 4;
    if (family == 0 && length == 0) return at;
    if (bytes.size() - at < length) return std::nullopt;
    at += length;
  }
}

/// What is wrong with the flags of a GRE header, if anything.
std::optional<PacketEvent> gre_fault(std::uint16_t flags, std::uint16_t type) noexcept {
  if ((flags & kGreVersion) == 0) {
    if ((flags & kGreRecursion) != 0) return PacketEvent::GreVersion0Recur;
    if ((flags & kGreFlags) != 0) return PacketEvent::GreVersion0Flags;
    return std::nullopt;
  }
  if ((flags & kGreVersion) != 1) return PacketEvent::GreWrongVersion;
  if ((flags & kGreChecksum) != 0) return PacketEvent::GreVersion1Chksum;  // RFC 2637 §4.1
  if ((flags & kGreRouting) != 0) return PacketEvent::GreVersion1Route;
  if ((flags & kGreStrictRoute) != 0) return PacketEvent::GreVersion1Ssr;
  if ((flags & kGreRecursion) != 0) return PacketEvent::GreVersion1Recur;
  if ((flags & kGreFlags & ~kGreAcknowledgment) != 0) return PacketEvent::GreVersion1Flags;
  if (type != ether::kPppInGre) return PacketEvent::GreVersion1WrongProtocol;
  if ((flags & kGreKey) == 0) return PacketEvent::GreVersion1NoKey;
  return std::nullopt;
}

}  // namespace

void Layers::gre(Where packet, ByteView bytes) {
  if (bytes.size() < 4) return invalid(packet, PacketEvent::GrePktTooSmall);
  if (!options_.enter_tunnels) return;
  const std::uint16_t flags = be16(bytes, 0);
  const std::uint16_t type = be16(bytes, 2);
  if (const auto fault = gre_fault(flags, type)) return invalid(packet, *fault);
  const bool is_first_version = (flags & kGreVersion) == 0;
  std::size_t header = 4;
  if ((flags & (kGreChecksum | kGreRouting)) != 0) header += 4;
  if ((flags & kGreKey) != 0) header += 4;
  if ((flags & kGreSequence) != 0) header += 4;
  if (!is_first_version && (flags & kGreAcknowledgment) != 0) header += 4;
  const PacketEvent too_big = is_first_version ? PacketEvent::GreVersion0HdrTooBig : PacketEvent::GreVersion1HdrTooBig;
  if (header > bytes.size()) return invalid(packet, too_big);
  if ((flags & kGreRouting) != 0) {
    const auto routes = source_routes_length(bytes.subspan(header));
    if (!routes) return invalid(packet, PacketEvent::GreVersion0MalformedSreHdr);
    header += *routes;
  }
  const ByteView rest = bytes.subspan(header);
  if (rest.empty()) return;
  if (type == ether::kErspan || type == ether::kErspan3) {
    // Type I has no header of its own and no sequence number.
    const bool is_plain = type == ether::kErspan && (flags & kGreSequence) == 0;
    if (!is_plain) return erspan(packet, rest, type == ether::kErspan3);
  }
  Packet* const carried = inner(packet, rest, Origin::Tunnel);
  if (carried == nullptr) return;
  if (type == ether::kPppInGre) return ppp(*carried, rest);
  if (type == ether::kBridge || type == ether::kErspan) return ethernet(*carried, rest);
  ether_type(*carried, type, rest);
}

void Layers::erspan(Where packet, ByteView bytes, bool is_third) {
  std::size_t header = is_third ? 12 : 8;
  if (bytes.size() < header) return invalid(packet, PacketEvent::ErspanHeaderTooSmall);
  const unsigned version = bytes[0] >> 4U;
  if (version != (is_third ? 2U : 1U)) return invalid(packet, PacketEvent::ErspanUnsupportedVersion);
  if (is_third && (bytes[11] & 1U) != 0) header += 8;  // a platform's own header follows
  if (bytes.size() < header) return invalid(packet, PacketEvent::ErspanHeaderTooSmall);
  Packet* const carried = inner(packet, bytes.subspan(header), Origin::Tunnel);
  if (carried == nullptr) return;
  if (const std::uint16_t vlan = be16(bytes, 0) & 0x0fff; vlan != 0) {
    if (carried->vlan_count == carried->vlan.size()) return invalid(*carried, PacketEvent::ErspanTooManyVlanLayers);
    carried->vlan[carried->vlan_count++] = vlan;
  }
  ethernet(*carried, carried->frame);
}

void Layers::inner_ip(Where outer, ByteView bytes, std::uint8_t version) {
  if (!options_.enter_tunnels || bytes.empty()) return;
  if (outer.network_kind == Network::Ipv6) {
    const bool is_four = version == 4;
    if (bytes.size() < (is_four ? 20U : 40U)) {
      return invalid(outer, is_four ? PacketEvent::Ipv6Ipv4InIpv6TooSmall : PacketEvent::Ipv6Ipv6InIpv6TooSmall);
    }
    if (bytes[0] >> 4U != version) {
      return invalid(outer,
                     is_four ? PacketEvent::Ipv6Ipv4InIpv6WrongVersion : PacketEvent::Ipv6Ipv6InIpv6WrongVersion);
    }
  }
  Packet* const carried = inner(outer, bytes, Origin::Tunnel);
  if (carried == nullptr) return;
  if (version == 4) return ipv4(*carried, bytes);
  ipv6(*carried, bytes);
}

// By port alone these would let anyone hide bytes in what looks like a tunnel; the datagram itself stays a packet too.
void Layers::udp_tunnel(Where packet) {
  const ByteView payload = packet.payload;
  if (payload.empty()) return;
  if (packet.destination_port == options_.vxlan_port) return vxlan(packet, payload);
  if (packet.destination_port == options_.geneve_port) return geneve(packet, payload);
  if (packet.destination_port == options_.teredo_port || packet.source_port == options_.teredo_port)
    return teredo(packet, payload);
}

// RFC 4380: an authentication or origin header may stand before the IPv6 packet.
void Layers::teredo(Where packet, ByteView bytes) {
  if (bytes.size() >= 4 && be16(bytes, 0) == 1) {
    const std::size_t length = 13 + std::size_t{bytes[2]} + bytes[3];
    if (bytes.size() < length) return;
    bytes = bytes.subspan(length);
  }
  if (bytes.size() >= 8 && be16(bytes, 0) == 0) bytes = bytes.subspan(8);
  if (bytes.size() < 40 || bytes[0] >> 4U != 6) return;
  const std::size_t length = 40 + std::size_t{be16(bytes, 4)};
  if (length > bytes.size()) return;  // not Teredo after all
  Packet* const carried = inner(packet, bytes, Origin::Tunnel);
  if (carried != nullptr) ipv6(*carried, bytes);
}

// RFC 7348
void Layers::vxlan(Where packet, ByteView bytes) {
  if (bytes.size() < 8 + 14 || (bytes[0] & 0x08U) == 0 || bytes[7] != 0) return;
  const ByteView carried_bytes = bytes.subspan(8);
  switch (be16(carried_bytes, 12)) {
    case ether::kIpv4:
    case ether::kIpv6:
    case ether::kArp:
    case ether::kVlan:
    case ether::kQinQ:
    case ether::kIeee8021ah:
      break;
    default:
      return packet.events.add(PacketEvent::VxlanUnknownPayloadType);
  }
  Packet* const carried = inner(packet, carried_bytes, Origin::Tunnel);
  if (carried != nullptr) ethernet(*carried, carried_bytes);
}

// RFC 8926
void Layers::geneve(Where packet, ByteView bytes) {
  if (bytes.size() < 8 || bytes[0] >> 6U != 0 || bytes[7] != 0) return;
  const std::size_t header = 8 + std::size_t{bytes[0] & 0x3fU} * 4;
  if (bytes.size() <= header) return;
  const std::uint16_t type = be16(bytes, 2);
  const ByteView rest = bytes.subspan(header);
  switch (type) {
    case ether::kBridge:
    case ether::kIpv4:
    case ether::kIpv6:
    case ether::kArp:
      break;
    default:
      return packet.events.add(PacketEvent::GeneveUnknownPayloadType);
  }
  Packet* const carried = inner(packet, rest, Origin::Tunnel);
  if (carried == nullptr) return;
  if (type == ether::kBridge) return ethernet(*carried, rest);
  ether_type(*carried, type, rest);
}

}  // namespace warder::packet
