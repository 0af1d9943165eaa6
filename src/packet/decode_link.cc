// Link layers and what stands between them and IP.
#include "packet/decode_layers.h"

namespace warder::packet {
namespace {

constexpr std::size_t kEthernetHeader = 14;
constexpr std::size_t kVlanTag = 4;

// linux/ppp_defs.h
constexpr std::uint16_t kPppIpv4 = 0x0021;
constexpr std::uint16_t kPppVanJacobson = 0x002f;
constexpr std::uint16_t kPppIpv6 = 0x0057;

bool is_known_ppp(std::uint16_t protocol) noexcept {
  switch (protocol) {
    case 0x0023:
    case 0x0025:
    case 0x0027:
    case 0x0029:
    case 0x002b:
    case 0x002d:
    case 0x0031:
    case 0x0035:
    case 0x0039:
    case 0x003d:
    case 0x003f:
    case 0x0041:
    case 0x0043:
    case 0x0281:
    case 0x0283:
    case 0x8021:
    case 0x8023:
    case 0x8025:
    case 0x8027:
    case 0x8029:
    case 0x802b:
    case 0x8031:
    case 0x803f:
    case 0x8057:
    case 0x80fd:
    case 0x8281:
    case 0xc021:
    case 0xc023:
    case 0xc025:
    case 0xc223:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Layers::link_layer(Where packet, ByteView bytes, LinkType link) {
  switch (link) {
    case LinkType::Ethernet:
      ethernet(packet, bytes);
      return;
    case LinkType::LinuxSll:
      linux_sll(packet, bytes);
      return;
    case LinkType::LinuxSll2:
      linux_sll2(packet, bytes);
      return;
    case LinkType::Null:
    case LinkType::Loop:
      loopback(packet, bytes, link);
      return;
    case LinkType::Raw:
    case LinkType::RawDlt12:
    case LinkType::RawDlt14:
    case LinkType::Ipv4:
    case LinkType::Ipv6:
      raw_ip(packet, bytes);
      return;
    case LinkType::Ppp:
      ppp(packet, bytes);
      return;
    case LinkType::CiscoHdlc:
      cisco_hdlc(packet, bytes);
      return;
  }
  packet.is_invalid = true;  // a number of the file that we have no name for
}

void Layers::ethernet(Where packet, ByteView bytes) {
  if (bytes.size() < kEthernetHeader) return invalid(packet, PacketEvent::EthernetPktTooSmall);
  packet.ethernet = bytes.first(kEthernetHeader);
  ether_type(packet, be16(bytes, 12), bytes.subspan(kEthernetHeader));
}

void Layers::ether_type(Where packet, std::uint16_t type, ByteView bytes) {
  packet.ether_type = type;
  if (++layers_ > kMaxLayers) return invalid(packet, PacketEvent::TooManyLayers);
  switch (type) {
    case ether::kIpv4:
      return ipv4(packet, bytes);
    case ether::kIpv6:
      return ipv6(packet, bytes);
    case ether::kArp:
      return arp(packet, bytes);
    case ether::kVlan:
    case ether::kQinQ:
    case ether::kOldQinQ:
      return tag(packet, bytes);
    case ether::kPppoeDiscovery:
      return pppoe_discovery(packet, bytes);
    case ether::kPppoeSession:
      return pppoe_session(packet, bytes);
    case ether::kMpls:
    case ether::kMplsMulticast:
      return mpls(packet, bytes);
    case ether::kNsh:
      return nsh(packet, bytes);
    case ether::kIeee8021ah:
    case ether::kVntag:
    case ether::kEtag:
    case ether::kDce:
      return other_tag(packet, type, bytes);
    default:
      packet.payload = bytes;
      packet.events.add(packet.vlan_count > 0 ? PacketEvent::VlanUnknownType : PacketEvent::EthernetUnknownEthertype);
  }
}

void Layers::tag(Where packet, ByteView bytes) {
  if (bytes.size() < kVlanTag) return invalid(packet, PacketEvent::VlanHeaderTooSmall);
  if (packet.vlan_count == packet.vlan.size()) return invalid(packet, PacketEvent::VlanTooManyLayers);
  packet.vlan[packet.vlan_count++] = be16(bytes, 0) & 0x0fff;
  ether_type(packet, be16(bytes, 2), bytes.subspan(kVlanTag));
}

// Tags that say nothing we use: they are stepped over.
void Layers::other_tag(Where packet, std::uint16_t type, ByteView bytes) {
  struct Shape {
    std::uint16_t type;
    std::size_t length;   // of the tag, the type of what follows included
    std::size_t type_at;  // where that type stands
    PacketEvent too_small;
  };
  constexpr Shape kShapes[] = {
      {ether::kIeee8021ah, 18, 16, PacketEvent::Ieee8021ahHeaderTooSmall},
      {ether::kVntag, 6, 4, PacketEvent::VntagHeaderTooSmall},
      {ether::kEtag, 8, 6, PacketEvent::EtagHeaderTooSmall},
  };
  for (const Shape& shape : kShapes) {
    if (shape.type != type) continue;
    if (bytes.size() < shape.length) return invalid(packet, shape.too_small);
    return ether_type(packet, be16(bytes, shape.type_at), bytes.subspan(shape.length));
  }
  // Cisco FabricPath: an Ethernet frame follows the two bytes of its tag.
  if (bytes.size() < 2 + kEthernetHeader) return invalid(packet, PacketEvent::DcePktTooSmall);
  ethernet(packet, bytes.subspan(2));
}

void Layers::linux_sll(Where packet, ByteView bytes) {
  if (bytes.size() < 16) return invalid(packet, PacketEvent::SllPktTooSmall);
  ether_type(packet, be16(bytes, 14), bytes.subspan(16));
}

void Layers::linux_sll2(Where packet, ByteView bytes) {
  if (bytes.size() < 20) return invalid(packet, PacketEvent::Sll2PktTooSmall);
  ether_type(packet, be16(bytes, 0), bytes.subspan(20));
}

void Layers::loopback(Where packet, ByteView bytes, LinkType link) {
  if (bytes.size() < 4) return invalid(packet, PacketEvent::LtnullPktTooSmall);
  std::uint32_t family = be32(bytes, 0);
  // Null is in the order of the host that captured: a family is a small number, so the large one is the wrong way
  // round.
  if (link == LinkType::Null && family > 0xffff) family = __builtin_bswap32(family);
  const ByteView rest = bytes.subspan(4);
  switch (family) {
    case 2:
      return ipv4(packet, rest);
    case 10:  // AF_INET6 of Linux, OpenBSD and NetBSD, FreeBSD, Darwin
    case 24:
    case 28:
    case 30:
      return ipv6(packet, rest);
    default:
      return invalid(packet, PacketEvent::LtnullUnsupportedType);
  }
}

void Layers::raw_ip(Where packet, ByteView bytes) {
  const unsigned version = bytes.empty() ? 0U : static_cast<unsigned>(bytes[0]) >> 4U;
  if (bytes.empty() || (version != 4 && version != 6)) return invalid(packet, PacketEvent::IprawInvalidIpVersion);
  if (version == 4) return ipv4(packet, bytes);
  ipv6(packet, bytes);
}

void Layers::ppp(Where packet, ByteView bytes) {
  if (bytes.size() < 2) return invalid(packet, PacketEvent::PppPktTooSmall);
  std::size_t at = 0;
  if (bytes[0] == 0xff && bytes[1] == 0x03) at = 2;  // address and control, unless compressed away (RFC 1662)
  if (bytes.size() < at + 2) return invalid(packet, PacketEvent::PppPktTooSmall);
  if ((bytes[at] & 1U) != 0) return ppp_protocol(packet, bytes[at], bytes.subspan(at + 1));
  ppp_protocol(packet, be16(bytes, at), bytes.subspan(at + 2));
}

void Layers::ppp_protocol(Where packet, std::uint16_t protocol, ByteView bytes) {
  switch (protocol) {
    case kPppVanJacobson:
      if (bytes.size() < 20) return invalid(packet, PacketEvent::PppVjuPktTooSmall);
      if (bytes[0] >> 4U == 4) return ipv4(packet, bytes);
      return;
    case kPppIpv4:
      if (bytes.size() < 20) return invalid(packet, PacketEvent::PppIp4PktTooSmall);
      return ipv4(packet, bytes);
    case kPppIpv6:
      if (bytes.size() < 40) return invalid(packet, PacketEvent::PppIp6PktTooSmall);
      return ipv6(packet, bytes);
    default:
      if (is_known_ppp(protocol)) {
        packet.events.add(PacketEvent::PppUnsupProto);
      } else {
        invalid(packet, PacketEvent::PppWrongType);
      }
  }
}

void Layers::cisco_hdlc(Where packet, ByteView bytes) {
  if (bytes.size() < 4) return invalid(packet, PacketEvent::ChdlcPktTooSmall);
  ether_type(packet, be16(bytes, 2), bytes.subspan(4));
}

void Layers::pppoe_discovery(Where packet, ByteView bytes) {
  if (bytes.size() < 6) return invalid(packet, PacketEvent::PppoePktTooSmall);
  switch (bytes[1]) {  // RFC 2516 §5
    case 0x07:
    case 0x09:
    case 0x19:
    case 0x65:
    case 0xa7:
      break;
    default:
      return invalid(packet, PacketEvent::PppoeWrongCode);
  }
  ByteView tags = bytes.subspan(6);
  const std::size_t length = be16(bytes, 4);
  if (length > tags.size()) return invalid(packet, PacketEvent::PppoeMalformedTags);
  tags = tags.first(length);
  while (tags.size() >= 4) {
    const std::size_t tag = 4 + std::size_t{be16(tags, 2)};
    if (tag > tags.size()) return invalid(packet, PacketEvent::PppoeMalformedTags);
    tags = tags.subspan(tag);
  }
}

void Layers::pppoe_session(Where packet, ByteView bytes) {
  if (bytes.size() < 8) return invalid(packet, PacketEvent::PppoePktTooSmall);
  if (bytes[1] != 0) return invalid(packet, PacketEvent::PppoeWrongCode);
  const ByteView rest = bytes.subspan(6);
  if ((rest[0] & 1U) != 0) return ppp_protocol(packet, rest[0], rest.subspan(1));
  ppp_protocol(packet, be16(rest, 0), rest.subspan(2));
}

void Layers::arp(Where packet, ByteView bytes) {
  packet.network_kind = Network::Arp;
  if (bytes.size() < 28) return invalid(packet, PacketEvent::ArpPktTooSmall);
  packet.network = bytes;
  packet.network_header = bytes.first(28);
  if (be16(bytes, 0) != 1) return invalid(packet, PacketEvent::ArpUnsupportedHardware);
  if (be16(bytes, 2) != ether::kIpv4) return invalid(packet, PacketEvent::ArpUnsupportedProtocol);
  if (bytes[4] != 6) return invalid(packet, PacketEvent::ArpInvalidHardwareSize);
  if (bytes[5] != 4) return invalid(packet, PacketEvent::ArpInvalidProtocolSize);
  const std::uint16_t operation = be16(bytes, 6);
  const bool is_known = (operation >= 1 && operation <= 4) || operation == 8 || operation == 9;
  if (!is_known) return invalid(packet, PacketEvent::ArpUnsupportedOpcode);
  packet.source = IpAddress::v4(be32(bytes, 14));
  packet.destination = IpAddress::v4(be32(bytes, 24));
}

void Layers::mpls(Where packet, ByteView bytes) {
  std::uint32_t entry = 0;
  do {
    if (bytes.size() < 4) return invalid(packet, PacketEvent::MplsHeaderTooSmall);
    entry = be32(bytes, 0);
    bytes = bytes.subspan(4);
  } while ((entry & 0x100U) == 0);  // the bottom of the stack is marked
  const std::uint32_t label = entry >> 12U;
  if (label == 1) return invalid(packet, PacketEvent::MplsBadLabelRouterAlert);
  if (label == 3) return invalid(packet, PacketEvent::MplsBadLabelImplicitNull);
  if (label >= 4 && label <= 15) return invalid(packet, PacketEvent::MplsBadLabelReserved);
  if (bytes.empty()) return invalid(packet, PacketEvent::MplsPktTooSmall);
  if (label == 0) return ipv4(packet, bytes);
  if (label == 2) return ipv6(packet, bytes);
  // The label says nothing: IP tells itself, a pseudowire control word is zero in its first nibble (RFC 4385).
  switch (bytes[0] >> 4U) {
    case 4:
      return ipv4(packet, bytes);
    case 6:
      return ipv6(packet, bytes);
    case 0:
      if (bytes.size() < 4 + kEthernetHeader) return invalid(packet, PacketEvent::MplsPktTooSmall);
      return ethernet(packet, bytes.subspan(4));
    default:
      return invalid(packet, PacketEvent::MplsUnknownPayloadType);
  }
}

// RFC 8300
void Layers::nsh(Where packet, ByteView bytes) {
  if (bytes.size() < 8) return invalid(packet, PacketEvent::NshHeaderTooSmall);
  const std::uint16_t first = be16(bytes, 0);
  const std::size_t length = std::size_t{first & 0x3fU} * 4;
  const unsigned metadata = bytes[2] & 0x0fU;
  if (first >> 14U != 0) return invalid(packet, PacketEvent::NshUnsupportedVersion);
  if (length < 8 || length > bytes.size()) return invalid(packet, PacketEvent::NshBadHeaderLength);
  if (metadata == 0 || metadata == 15) return invalid(packet, PacketEvent::NshReservedType);
  if (metadata == 1 && length != 24) return invalid(packet, PacketEvent::NshBadHeaderLength);
  if (metadata > 2) return invalid(packet, PacketEvent::NshUnsupportedType);
  const ByteView rest = bytes.subspan(length);
  switch (bytes[3]) {
    case 1:
      return ipv4(packet, rest);
    case 2:
      return ipv6(packet, rest);
    case 3:
      return ethernet(packet, rest);
    case 5:
      return mpls(packet, rest);
    default:
      return invalid(packet, PacketEvent::NshUnknownPayload);
  }
}

}  // namespace warder::packet
