// IPv4 (RFC 791) and IPv6 (RFC 8200) with options, extension headers and fragments.
#include <algorithm>

#include "packet/decode_layers.h"

namespace warder::packet {
namespace {

constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6Header = 40;
constexpr std::size_t kFragmentHeader = 8;

IpAddress ipv6_at(ByteView bytes, std::size_t at) noexcept {
  std::array<std::uint8_t, 16> address{};
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), address.size(), address.begin());
  return IpAddress::v6(address);
}

/// The IPv4 options by number (IANA), with the length each must have; 0: any from 2 up.
struct OptionShape {
  std::uint8_t number;
  std::uint8_t length;
};
constexpr OptionShape kIpv4Options[] = {
    {7, 0}, {25, 8}, {68, 0}, {82, 12}, {130, 0}, {131, 0}, {133, 0}, {134, 0}, {136, 4}, {137, 0}, {147, 0}, {148, 4},
};

/// Extension headers seen so far; each may come once, destination options twice.
struct Seen {
  bool hop = false;
  bool destination = false;
  bool routing = false;
  bool authentication = false;
  bool fragment = false;
};

/// Options of a hop-by-hop or destination header (RFC 8200 §4.2), header bytes left out.
void check_ipv6_options(Packet& packet, ByteView options, bool is_hop) noexcept {
  bool has_unknown = false;
  bool has_other = false;
  bool has_padding = false;
  while (!options.empty()) {
    const std::uint8_t type = options[0];
    if (type == 0) {  // Pad1
      has_padding = true;
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2 || options.size() - 2 < options[1]) {
      packet.events.add(PacketEvent::Ipv6ExthdrInvalidOptlen);
      return;
    }
    const std::uint8_t length = options[1];
    switch (type) {
      case 1:  // PadN
        has_padding = true;
        if (length == 0) packet.events.add(PacketEvent::Ipv6ZeroLenPadn);
        break;
      case 5:  // router alert
        has_other = true;
        if (length != 2) packet.events.add(PacketEvent::Ipv6ExthdrInvalidOptlen);
        break;
      case 0xc2:  // jumbo payload
        has_other = true;
        if (length != 4) packet.events.add(PacketEvent::Ipv6ExthdrInvalidOptlen);
        break;
      case 0xc9:  // home address
        has_other = true;
        if (length != 16) packet.events.add(PacketEvent::Ipv6ExthdrInvalidOptlen);
        break;
      default:
        has_unknown = true;
    }
    options = options.subspan(2 + std::size_t{length});
  }
  if (has_unknown) {
    packet.events.add(is_hop ? PacketEvent::Ipv6HopoptsUnknownOpt : PacketEvent::Ipv6DstoptsUnknownOpt);
  } else if (has_padding && !has_other) {
    packet.events.add(is_hop ? PacketEvent::Ipv6HopoptsOnlyPadding : PacketEvent::Ipv6DstoptsOnlyPadding);
  }
}

/// An extension header seen twice, or what is special in it.
void note_extension(Packet& packet, Seen& seen, std::uint8_t header, ByteView bytes) noexcept {
  const auto once = [&packet](bool& was_seen, PacketEvent twice) {
    if (was_seen) packet.events.add(twice);
    const bool is_first = !was_seen;
    was_seen = true;
    return is_first;
  };
  switch (header) {
    case ip_protocol::kHopByHop:
      if (once(seen.hop, PacketEvent::Ipv6ExthdrDuplHh)) check_ipv6_options(packet, bytes.subspan(2), true);
      break;
    case ip_protocol::kDestination:
      if (once(seen.destination, PacketEvent::Ipv6ExthdrDuplDh)) check_ipv6_options(packet, bytes.subspan(2), false);
      break;
    case ip_protocol::kRouting:
      if (once(seen.routing, PacketEvent::Ipv6ExthdrDuplRh) && bytes[2] == 0)
        packet.events.add(PacketEvent::Ipv6RhType0);  // RFC 5095
      break;
    case ip_protocol::kAuthentication:
      if (once(seen.authentication, PacketEvent::Ipv6ExthdrDuplAh) && be16(bytes, 2) != 0)
        packet.events.add(PacketEvent::Ipv6ExthdrAhResNotNull);
      break;
    default:  // mobility, HIP, shim6
      break;
  }
}

bool is_extension(std::uint8_t header) noexcept {
  switch (header) {
    case ip_protocol::kHopByHop:
    case ip_protocol::kDestination:
    case ip_protocol::kRouting:
    case ip_protocol::kAuthentication:
    case ip_protocol::kMobility:
    case ip_protocol::kHip:
    case ip_protocol::kShim6:
      return true;
    default:
      return false;
  }
}

bool is_known_after_ipv6(std::uint8_t protocol) noexcept {
  switch (protocol) {
    case ip_protocol::kTcp:
    case ip_protocol::kUdp:
    case ip_protocol::kIcmp6:
    case ip_protocol::kSctp:
    case ip_protocol::kIpv4:
    case ip_protocol::kIpv6:
    case ip_protocol::kGre:
    case ip_protocol::kEsp:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Layers::ipv4(Where packet, ByteView bytes) {
  packet.network_kind = Network::Ipv4;
  packet.network = bytes;
  if (bytes.size() < kIpv4Header) return invalid(packet, PacketEvent::Ipv4PktTooSmall);
  if (bytes[0] >> 4U != 4) return invalid(packet, PacketEvent::Ipv4WrongIpVersion);
  const std::size_t header = std::size_t{bytes[0] & 0x0fU} * 4;
  std::size_t total = be16(bytes, 2);
  // A packet of this host before segmentation may be longer than its length field can say.
  if (total == 0 && has_partial_checksums_) total = bytes.size();
  packet.source = IpAddress::v4(be32(bytes, 12));
  packet.destination = IpAddress::v4(be32(bytes, 16));
  packet.protocol = bytes[9];
  if (header < kIpv4Header) return invalid(packet, PacketEvent::Ipv4HlenTooSmall);
  if (total < header) return invalid(packet, PacketEvent::Ipv4IplenSmallerThanHlen);
  if (bytes.size() < total) return invalid(packet, PacketEvent::Ipv4TruncPkt);
  packet.network = bytes.first(total);
  packet.network_header = bytes.first(header);
  packet.payload = packet.network.subspan(header);
  packet.ip.tos = bytes[1];
  packet.ip.ttl = bytes[8];
  packet.ip.id = be16(bytes, 4);
  const std::uint16_t flags = be16(bytes, 6);
  packet.ip.is_reserved_bit_set = (flags & 0x8000U) != 0;
  packet.ip.may_not_fragment = (flags & 0x4000U) != 0;
  packet.ip.has_more_fragments = (flags & 0x2000U) != 0;
  packet.ip.fragment_offset = static_cast<std::uint16_t>((flags & 0x1fffU) * 8U);
  packet.ip.options = bytes.subspan(kIpv4Header, header - kIpv4Header);
  if (!packet.ip.options.empty()) ipv4_options(packet);
  if (packet.ip.is_fragment()) {
    packet.ip.fragment_payload = packet.payload;
    return fragment(packet);
  }
  if (packet.protocol == ip_protocol::kIcmp6) return packet.events.add(PacketEvent::Ipv4Icmpv6);
  transport(packet, packet.protocol, packet.payload);
}

void Layers::ipv4_options(Where packet) {
  ByteView left = packet.ip.options;
  std::array<bool, 256> seen{};
  while (!left.empty()) {
    const std::uint8_t number = left[0];
    if (number == 0) return;
    if (number == 1) {
      left = left.subspan(1);
      continue;
    }
    if (left.size() < 2) return packet.events.add(PacketEvent::Ipv4OptMalformed);
    const std::size_t length = left[1];
    if (length < 2 || length > left.size()) return packet.events.add(PacketEvent::Ipv4OptInvalidLen);
    const auto* const shape = std::find_if(std::begin(kIpv4Options), std::end(kIpv4Options),
                                           [&](const OptionShape& o) { return o.number == number; });
    if (shape == std::end(kIpv4Options)) {
      packet.events.add(PacketEvent::Ipv4OptUnknown);
    } else if (shape->length != 0 && shape->length != length) {
      packet.events.add(PacketEvent::Ipv4OptInvalidLen);
    }
    if (seen[number]) packet.events.add(PacketEvent::Ipv4OptDuplicate);
    seen[number] = true;
    left = left.subspan(length);
  }
}

void Layers::ipv6(Where packet, ByteView bytes) {
  packet.network_kind = Network::Ipv6;
  packet.network = bytes;
  if (bytes.size() < kIpv6Header) return invalid(packet, PacketEvent::Ipv6PktTooSmall);
  if (bytes[0] >> 4U != 6) return invalid(packet, PacketEvent::Ipv6WrongIpVersion);
  std::size_t length = be16(bytes, 4);
  if (length == 0 && has_partial_checksums_) length = bytes.size() - kIpv6Header;
  packet.source = ipv6_at(bytes, 8);
  packet.destination = ipv6_at(bytes, 24);
  packet.protocol = bytes[6];
  packet.network_header = bytes.first(kIpv6Header);
  packet.ip.ttl = bytes[7];
  packet.ip.tos = static_cast<std::uint8_t>(be16(bytes, 0) >> 4U);
  packet.ip.flow_label = be32(bytes, 0) & 0xfffffU;
  packet.ip.fragment_link_at = 6;
  if (bytes.size() - kIpv6Header < length) return invalid(packet, PacketEvent::Ipv6TruncPkt);
  packet.network = bytes.first(kIpv6Header + length);
  packet.payload = packet.network.subspan(kIpv6Header);
  ipv6_extensions(packet, bytes[6], packet.payload);
}

void Layers::ipv6_extensions(Where packet, std::uint8_t next, ByteView rest) {
  Seen seen;
  const std::size_t all = rest.size();
  while (true) {
    packet.protocol = next;
    packet.payload = rest;
    packet.network_header = packet.network.first(packet.network.size() - rest.size());
    const bool is_after_extension = rest.size() != all;
    if (is_after_extension && rest.size() < 2 && next != ip_protocol::kNone)
      return invalid(packet, PacketEvent::Ipv6TruncExthdr);
    if (next == ip_protocol::kFragment) {
      if (rest.size() < kFragmentHeader) return invalid(packet, PacketEvent::Ipv6TruncExthdr);
      const std::uint16_t where = be16(rest, 2);
      const bool is_first_header = !seen.fragment;
      if (!is_first_header) packet.events.add(PacketEvent::Ipv6ExthdrDuplFh);
      seen.fragment = true;
      if (rest[1] != 0 || (where & 6U) != 0) packet.events.add(PacketEvent::Ipv6FhNonZeroReservedField);
      if (is_first_header && (where & 0xfff9U) != 0) {
        packet.ip.fragment_offset = where & 0xfff8U;
        packet.ip.has_more_fragments = (where & 1U) != 0;
        packet.ip.id = be32(rest, 4);
        packet.ip.fragment_next = rest[0];
        packet.ip.fragment_header_at = static_cast<std::uint16_t>(packet.network_header.size());
        packet.ip.fragment_payload = rest.subspan(kFragmentHeader);
        if (packet.ip.has_more_fragments && packet.ip.fragment_payload.size() % 8 != 0)
          packet.events.add(PacketEvent::Ipv6FragInvalidLength);
        return fragment(packet);
      }
      // Neither an offset nor more to come: nothing was cut (RFC 6946 calls it atomic).
      if (is_first_header) packet.events.add(PacketEvent::Ipv6ExthdrUselessFh);
      next = rest[0];
      rest = rest.subspan(kFragmentHeader);
      continue;
    }
    if (!is_extension(next)) break;
    if (rest.size() < 8) return invalid(packet, PacketEvent::Ipv6TruncExthdr);
    const std::size_t length =
        next == ip_protocol::kAuthentication ? std::size_t{rest[1]} * 4 + 8 : std::size_t{rest[1]} * 8 + 8;
    if (length > rest.size()) return invalid(packet, PacketEvent::Ipv6TruncExthdr);
    note_extension(packet, seen, next, rest.first(length));
    packet.ip.fragment_link_at = static_cast<std::uint16_t>(packet.network.size() - rest.size());
    next = rest[0];
    rest = rest.subspan(length);
  }
  if (next == ip_protocol::kNone) {
    if (!rest.empty()) packet.events.add(PacketEvent::Ipv6DataAfterNoneHeader);
    return;
  }
  if (next == ip_protocol::kIcmp) return packet.events.add(PacketEvent::Ipv6Icmpv4);
  if (!is_known_after_ipv6(next)) return packet.events.add(PacketEvent::Ipv6UnknownNextHeader);
  transport(packet, next, rest);
}

void Layers::fragment(Where packet) {
  if (!options_.defragment) return;
  const ByteView whole = fragments_.add(packet);
  if (whole.empty()) return;
  Packet* const reassembled = inner(packet, whole, Origin::Reassembled);
  if (reassembled == nullptr) return;
  if (packet.network_kind == Network::Ipv4) return ipv4(*reassembled, whole);
  ipv6(*reassembled, whole);
}

std::optional<QuotedPacket> read_quoted_ipv4(Packet& packet, ByteView bytes) noexcept {
  if (bytes.size() < kIpv4Header) {
    packet.events.add(PacketEvent::Icmpv4Ipv4TruncPkt);
    return std::nullopt;
  }
  if (bytes[0] >> 4U != 4) {
    packet.events.add(PacketEvent::Icmpv4Ipv4UnknownVer);
    return std::nullopt;
  }
  QuotedPacket quoted;
  quoted.source = IpAddress::v4(be32(bytes, 12));
  quoted.destination = IpAddress::v4(be32(bytes, 16));
  quoted.protocol = bytes[9];
  const std::size_t header = std::size_t{bytes[0] & 0x0fU} * 4;
  if (header < kIpv4Header || bytes.size() < header + 4) return quoted;
  const bool has_ports = quoted.protocol == ip_protocol::kTcp || quoted.protocol == ip_protocol::kUdp ||
                         quoted.protocol == ip_protocol::kSctp;
  if (!has_ports) return quoted;
  quoted.source_port = be16(bytes, header);
  quoted.destination_port = be16(bytes, header + 2);
  return quoted;
}

std::optional<QuotedPacket> read_quoted_ipv6(Packet& packet, ByteView bytes) noexcept {
  if (bytes.size() < kIpv6Header) {
    packet.events.add(PacketEvent::Icmpv6Ipv6TruncPkt);
    return std::nullopt;
  }
  if (bytes[0] >> 4U != 6) {
    packet.events.add(PacketEvent::Icmpv6Ipv6UnknownVersion);
    return std::nullopt;
  }
  QuotedPacket quoted;
  quoted.source = ipv6_at(bytes, 8);
  quoted.destination = ipv6_at(bytes, 24);
  quoted.protocol = bytes[6];
  const bool has_ports = quoted.protocol == ip_protocol::kTcp || quoted.protocol == ip_protocol::kUdp ||
                         quoted.protocol == ip_protocol::kSctp;
  if (!has_ports || bytes.size() < kIpv6Header + 4) return quoted;
  quoted.source_port = be16(bytes, kIpv6Header);
  quoted.destination_port = be16(bytes, kIpv6Header + 2);
  return quoted;
}

}  // namespace warder::packet
