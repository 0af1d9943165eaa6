// TCP (RFC 9293), UDP, ICMP, SCTP, IGMP.
#include "packet/decode_layers.h"

namespace warder::packet {
namespace {

constexpr std::size_t kTcpHeader = 20;
constexpr std::size_t kUdpHeader = 8;
constexpr std::size_t kIcmpHeader = 8;
constexpr std::size_t kSctpHeader = 12;

namespace tcp_option {
constexpr std::uint8_t kEnd = 0;
constexpr std::uint8_t kNop = 1;
constexpr std::uint8_t kMss = 2;
constexpr std::uint8_t kWindowScale = 3;
constexpr std::uint8_t kSackPermitted = 4;
constexpr std::uint8_t kTimestamp = 8;
constexpr std::uint8_t kFastOpen = 34;
constexpr std::uint8_t kExperiment = 254;
constexpr std::uint16_t kFastOpenExperiment = 0xf989;  // RFC 7413 §4.1.1
}  // namespace tcp_option

/// True: the option was there before.
bool take_tcp_option(Packet& packet, ByteView option) noexcept {
  TcpHeader& tcp = packet.tcp;
  const auto wrong_length = [&](std::size_t length) {
    if (option.size() == length) return false;
    packet.events.add(PacketEvent::TcpOptInvalidLen);
    return true;
  };
  switch (option[0]) {
    case tcp_option::kMss:
      if (wrong_length(4)) return false;
      if (tcp.mss) return true;
      tcp.mss = be16(option, 2);
      return false;
    case tcp_option::kWindowScale:
      if (wrong_length(3)) return false;
      if (tcp.window_scale) return true;
      tcp.window_scale = option[2];
      return false;
    case tcp_option::kSackPermitted:
      if (wrong_length(2)) return false;
      if (tcp.may_sack) return true;
      tcp.may_sack = true;
      return false;
    case tcp_option::kTimestamp:
      if (wrong_length(10)) return false;
      if (tcp.has_timestamp) return true;
      tcp.has_timestamp = true;
      tcp.timestamp = be32(option, 2);
      tcp.timestamp_echo = be32(option, 6);
      return false;
    case tcp_option::kFastOpen:
      if (tcp.has_fast_open) return true;
      // No cookie asks for one; otherwise 4 to 16 bytes.
      if (option.size() != 2 && (option.size() < 6 || option.size() > 18)) {
        packet.events.add(PacketEvent::TcpOptInvalidLen);
        return false;
      }
      tcp.has_fast_open = true;
      tcp.fast_open_cookie = option.subspan(2);
      return false;
    case tcp_option::kExperiment:
      if (option.size() < 4 || be16(option, 2) != tcp_option::kFastOpenExperiment) return false;
      if (tcp.has_fast_open) return true;
      tcp.has_fast_open = true;
      tcp.fast_open_cookie = option.subspan(4);
      return false;
    default:
      return false;
  }
}

void read_tcp_options(Packet& packet, ByteView options) noexcept {
  while (!options.empty()) {
    if (options[0] == tcp_option::kEnd) return;
    if (options[0] == tcp_option::kNop) {
      options = options.subspan(1);
      continue;
    }
    if (options.size() < 2) return;
    const std::size_t length = options[1];
    if (length < 2 || length > options.size()) return packet.events.add(PacketEvent::TcpOptInvalidLen);
    if (take_tcp_option(packet, options.first(length))) packet.events.add(PacketEvent::TcpOptDuplicate);
    options = options.subspan(length);
  }
}

/// The highest code of each ICMPv4 type that has codes (IANA); -1: no such type.
int highest_icmp_code(std::uint8_t type) noexcept {
  switch (type) {
    case 0:
    case 4:
    case 8:
    case 10:
    case 13:
    case 14:
    case 15:
    case 16:
    case 17:
    case 18:
      return 0;
    case 3:
      return 15;
    case 5:
      return 3;
    case 9:
      return 16;
    case 11:
      return 1;
    case 12:
      return 2;
    default:
      return -1;
  }
}

/// The same of ICMPv6, where the type is one that we know.
int highest_icmp6_code(std::uint8_t type) noexcept {
  switch (type) {
    case 1:
      return 7;
    case 3:
      return 1;
    case 4:
      return 10;
    case 138:
      return 255;
    case 139:
    case 140:
    case 157:
    case 158:
      return 3;
    case 2:
    case 128:
    case 129:
    case 130:
    case 131:
    case 132:
    case 133:
    case 134:
    case 135:
    case 136:
    case 137:
    case 141:
    case 142:
    case 143:
    case 144:
    case 145:
    case 146:
    case 147:
    case 148:
    case 149:
    case 151:
    case 152:
    case 153:
    case 154:
    case 155:
      return 0;
    default:
      return -1;
  }
}

bool is_neighbour_message(std::uint8_t type) noexcept {
  return type >= 130 && type <= 132;
}

}  // namespace

void Layers::transport(Where packet, std::uint8_t protocol, ByteView bytes) {
  switch (protocol) {
    case ip_protocol::kTcp:
      return tcp(packet, bytes);
    case ip_protocol::kUdp:
      return udp(packet, bytes);
    case ip_protocol::kIcmp:
      return icmp4(packet, bytes);
    case ip_protocol::kIcmp6:
      return icmp6(packet, bytes);
    case ip_protocol::kSctp:
      return sctp(packet, bytes);
    case ip_protocol::kIgmp:
      return igmp(packet, bytes);
    case ip_protocol::kGre:
      return gre(packet, bytes);
    case ip_protocol::kIpv4:
      return inner_ip(packet, bytes, 4);
    case ip_protocol::kIpv6:
      return inner_ip(packet, bytes, 6);
    case ip_protocol::kAuthentication: {  // over IPv4; RFC 4302
      if (bytes.size() < 12) return;
      const std::size_t length = (std::size_t{bytes[1]} + 2) * 4;
      if (length > bytes.size() || bytes[0] == ip_protocol::kAuthentication) return;
      packet.protocol = bytes[0];
      packet.payload = bytes.subspan(length);
      return transport(packet, bytes[0], packet.payload);
    }
    case ip_protocol::kEsp:
      packet.transport_kind = Transport::Esp;
      packet.transport = bytes;
      if (bytes.size() < 8) return invalid(packet, PacketEvent::EspPktTooSmall);
      packet.transport_header = bytes.first(8);
      packet.payload = bytes.subspan(8);
      return;
    default:
      return;
  }
}

void Layers::tcp(Where packet, ByteView bytes) {
  if (bytes.size() < kTcpHeader) return invalid(packet, PacketEvent::TcpPktTooSmall);
  const std::size_t header = (std::size_t{bytes[12]} >> 4U) * 4;
  if (header < kTcpHeader) return invalid(packet, PacketEvent::TcpHlenTooSmall);
  if (header > bytes.size()) return invalid(packet, PacketEvent::TcpInvalidOptlen);
  packet.transport_kind = Transport::Tcp;
  packet.transport = bytes;
  packet.transport_header = bytes.first(header);
  packet.payload = bytes.subspan(header);
  packet.source_port = be16(bytes, 0);
  packet.destination_port = be16(bytes, 2);
  TcpHeader& tcp = packet.tcp;
  tcp.sequence = be32(bytes, 4);
  tcp.acknowledgment = be32(bytes, 8);
  tcp.reserved = bytes[12] & 0x0f;
  tcp.flags = bytes[13];
  tcp.window = be16(bytes, 14);
  tcp.urgent = be16(bytes, 18);
  read_tcp_options(packet, bytes.subspan(kTcpHeader, header - kTcpHeader));
}

void Layers::udp(Where packet, ByteView bytes) {
  if (bytes.size() < kUdpHeader) return invalid(packet, PacketEvent::UdpHlenTooSmall);
  std::size_t length = be16(bytes, 4);
  if (length == 0 && has_partial_checksums_) length = bytes.size();
  if (bytes.size() < length) return invalid(packet, PacketEvent::UdpPktTooSmall);
  if (length < kUdpHeader) return invalid(packet, PacketEvent::UdpLenInvalid);
  packet.transport_kind = Transport::Udp;
  packet.transport = bytes.first(length);
  packet.transport_header = bytes.first(kUdpHeader);
  packet.payload = packet.transport.subspan(kUdpHeader);
  packet.source_port = be16(bytes, 0);
  packet.destination_port = be16(bytes, 2);
  if (options_.enter_tunnels) udp_tunnel(packet);
}

void Layers::icmp4(Where packet, ByteView bytes) {
  if (bytes.size() < kIcmpHeader) return invalid(packet, PacketEvent::Icmpv4PktTooSmall);
  packet.transport_kind = Transport::Icmp;
  packet.transport = bytes;
  packet.transport_header = bytes.first(kIcmpHeader);
  packet.payload = bytes.subspan(kIcmpHeader);
  packet.icmp_type = bytes[0];
  packet.icmp_code = bytes[1];
  const int highest = highest_icmp_code(packet.icmp_type);
  if (highest < 0) return packet.events.add(PacketEvent::Icmpv4UnknownType);
  if (packet.icmp_code > highest) return packet.events.add(PacketEvent::Icmpv4UnknownCode);
  switch (packet.icmp_type) {
    case 3:
    case 4:
    case 5:
    case 11:
    case 12:
      packet.quoted = read_quoted_ipv4(packet, packet.payload);
      return;
    default:
      packet.icmp_id = be16(bytes, 4);
      packet.icmp_sequence = be16(bytes, 6);
  }
}

void Layers::icmp6(Where packet, ByteView bytes) {
  if (bytes.size() < kIcmpHeader) return invalid(packet, PacketEvent::Icmpv6PktTooSmall);
  packet.transport_kind = Transport::Icmp6;
  packet.transport = bytes;
  packet.transport_header = bytes.first(kIcmpHeader);
  packet.payload = bytes.subspan(kIcmpHeader);
  packet.icmp_type = bytes[0];
  packet.icmp_code = bytes[1];
  if (packet.icmp_type >= 1 && packet.icmp_type <= 4) {
    if (packet.icmp_code > highest_icmp6_code(packet.icmp_type))
      return packet.events.add(PacketEvent::Icmpv6UnknownCode);
    packet.quoted = read_quoted_ipv6(packet, packet.payload);
    return;
  }
  packet.icmp_id = be16(bytes, 4);
  packet.icmp_sequence = be16(bytes, 6);
  switch (packet.icmp_type) {
    case 100:
    case 101:
    case 200:
    case 201:
      return packet.events.add(PacketEvent::Icmpv6ExperimentationType);
    default:
      break;
  }
  const int highest = highest_icmp6_code(packet.icmp_type);
  if (highest < 0) return packet.events.add(PacketEvent::Icmpv6UnassignedType);
  if (packet.icmp_code > highest) return packet.events.add(PacketEvent::Icmpv6UnknownCode);
  // RFC 2710 §3: sent by neighbours only.
  if (is_neighbour_message(packet.icmp_type) && packet.ip.ttl != 1)
    packet.events.add(PacketEvent::Icmpv6MldMessageWithInvalidHl);
}

void Layers::sctp(Where packet, ByteView bytes) {
  if (bytes.size() < kSctpHeader) return invalid(packet, PacketEvent::SctpPktTooSmall);
  packet.transport_kind = Transport::Sctp;
  packet.transport = bytes;
  packet.transport_header = bytes.first(kSctpHeader);
  packet.payload = bytes.subspan(kSctpHeader);
  packet.source_port = be16(bytes, 0);
  packet.destination_port = be16(bytes, 2);
}

void Layers::igmp(Where packet, ByteView bytes) {
  if (bytes.size() < 8) return invalid(packet, PacketEvent::IgmpPktTooSmall);
  packet.transport_kind = Transport::Igmp;
  packet.transport = bytes;
  packet.transport_header = bytes.first(8);
  packet.payload = bytes.subspan(8);
  packet.icmp_type = bytes[0];
  packet.icmp_code = bytes[1];
  constexpr std::uint8_t kQuery = 0x11;
  constexpr std::uint8_t kReport3 = 0x22;
  if (bytes[0] == kReport3) {  // RFC 3376 §4.2: records of eight bytes and more
    const std::size_t records = be16(bytes, 6);
    if (packet.payload.size() < records * 8) packet.events.add(PacketEvent::IgmpV3PktTooSmall);
  } else if (bytes[0] == kQuery && bytes.size() > 8) {  // §4.1: sources of four bytes
    if (bytes.size() < 12) return packet.events.add(PacketEvent::IgmpV3PktTooSmall);
    if (bytes.size() < 12 + std::size_t{be16(bytes, 10)} * 4) packet.events.add(PacketEvent::IgmpMalformed);
  }
}

}  // namespace warder::packet
