// A decoded packet: views into the frame it came from, never a copy. A frame that carries tunnels, or that completes a
// fragmented datagram, becomes several packets.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/address.h"
#include "base/bytes.h"
#include "base/time.h"
#include "packet/event.h"

namespace warder::packet {

/// What a frame begins with; the numbers are those of capture files (the registry of LINKTYPE_ values).
enum class LinkType : std::uint16_t {
  Null = 0,  // BSD loopback: a four-byte family in the capturing host's byte order
  Ethernet = 1,
  Ppp = 9,
  RawDlt12 = 12,  // raw IP as old captures write it
  RawDlt14 = 14,
  Raw = 101,
  CiscoHdlc = 104,
  Loop = 108,  // OpenBSD loopback: the family in network order
  LinuxSll = 113,
  Ipv4 = 228,
  Ipv6 = 229,
  LinuxSll2 = 276,
};

/// One frame as captured or received.
struct Frame {
  Timestamp time;
  ByteView bytes;
  LinkType link = LinkType::Ethernet;
  std::uint64_t number = 0;            // 1-based place in the capture
  std::uint32_t wire_length = 0;       // may exceed bytes.size() when the capture cut it
  bool has_partial_checksums = false;  // a packet of this host whose checksums the hardware would fill in
};

enum class Network : std::uint8_t { None, Ipv4, Ipv6, Arp };
enum class Transport : std::uint8_t { None, Tcp, Udp, Icmp, Icmp6, Sctp, Igmp, Esp };
/// How a packet came out of its frame.
enum class Origin : std::uint8_t { Frame, Tunnel, Reassembled };
/// The verdict of verifying; Unchecked also where there is no checksum (UDP over IPv4 with zero) or it is not ours to
/// see.
enum class Checksum : std::uint8_t { Unchecked, Good, Bad };

namespace tcp_flag {
inline constexpr std::uint8_t kFin = 0x01;
inline constexpr std::uint8_t kSyn = 0x02;
inline constexpr std::uint8_t kRst = 0x04;
inline constexpr std::uint8_t kPsh = 0x08;
inline constexpr std::uint8_t kAck = 0x10;
inline constexpr std::uint8_t kUrg = 0x20;
inline constexpr std::uint8_t kEce = 0x40;
inline constexpr std::uint8_t kCwr = 0x80;
}  // namespace tcp_flag

struct TcpHeader {
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgment = 0;
  std::uint8_t flags = 0;     // tcp_flag
  std::uint8_t reserved = 0;  // the four bits beside the header length
  std::uint16_t window = 0;
  std::uint16_t urgent = 0;
  std::optional<std::uint16_t> mss;
  std::optional<std::uint8_t> window_scale;
  bool may_sack = false;
  bool has_timestamp = false;
  std::uint32_t timestamp = 0;
  std::uint32_t timestamp_echo = 0;
  bool has_fast_open = false;  // RFC 7413, also in its experimental form
  ByteView fast_open_cookie;

  [[nodiscard]] bool is(std::uint8_t flag) const noexcept { return (flags & flag) != 0; }
};

struct IpHeader {
  std::uint8_t ttl = 0;  // hop limit
  std::uint8_t tos = 0;  // traffic class
  std::uint32_t id = 0;  // of IPv6: of the fragment header
  bool may_not_fragment = false;
  bool is_reserved_bit_set = false;
  bool has_more_fragments = false;
  std::uint16_t fragment_offset = 0;  // bytes
  std::uint32_t flow_label = 0;
  ByteView options;                      // IPv4
  ByteView fragment_payload;             // what a fragment carries, after the IP header and (IPv6) the fragment header
  std::uint8_t fragment_next = 0;        // IPv6: the header that follows the fragment header
  std::uint16_t fragment_header_at = 0;  // IPv6: where in `network` the fragment header begins
  std::uint16_t fragment_link_at = 0;    // IPv6: where in `network` the "next header" byte that names it stands

  [[nodiscard]] bool is_fragment() const noexcept { return has_more_fragments || fragment_offset != 0; }
};

/// What an ICMP error quotes: the packet that caused it.
struct QuotedPacket {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
};

struct Packet {
  Timestamp time;
  std::uint64_t number = 0;  // of its frame
  Origin origin = Origin::Frame;
  std::uint8_t depth = 0;  // tunnels around it
  LinkType link = LinkType::Ethernet;

  ByteView frame;     // from the first byte of the link layer, or of the IP header for Tunnel and Reassembled
  ByteView ethernet;  // 14 bytes, or empty
  std::uint16_t ether_type = 0;
  std::array<std::uint16_t, 3> vlan{};
  std::uint8_t vlan_count = 0;

  Network network_kind = Network::None;
  ByteView network;  // header and payload up to its stated length (or to the end of a cut capture)
  ByteView network_header;
  IpAddress source;
  IpAddress destination;
  IpHeader ip;
  std::uint8_t protocol = 0;  // after IPv6 extension headers

  Transport transport_kind = Transport::None;
  ByteView transport;  // header and payload
  ByteView transport_header;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  TcpHeader tcp;
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  std::uint16_t icmp_id = 0;
  std::uint16_t icmp_sequence = 0;
  std::optional<QuotedPacket> quoted;

  ByteView payload;  // of the transport; of IP where there is no transport we know
  Checksum ip_checksum = Checksum::Unchecked;
  Checksum transport_checksum = Checksum::Unchecked;
  bool is_invalid = false;  // a layer is too broken to go on: no flow, no inspection beyond its events
  EventSet events;

  [[nodiscard]] bool is_ip() const noexcept { return network_kind == Network::Ipv4 || network_kind == Network::Ipv6; }
  [[nodiscard]] bool is_tcp() const noexcept { return transport_kind == Transport::Tcp; }
  [[nodiscard]] bool is_udp() const noexcept { return transport_kind == Transport::Udp; }
  [[nodiscard]] bool is_icmp() const noexcept {
    return transport_kind == Transport::Icmp || transport_kind == Transport::Icmp6;
  }
};

}  // namespace warder::packet
