// Packets made by hand, for the tests of this folder and of those above it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "packet/packet.h"

namespace warder::packet::testing {

Bytes operator+(Bytes a, const Bytes& b);
Bytes from_text(std::string_view text);
void put16(Bytes& bytes, std::size_t at, unsigned value);
void put32(Bytes& bytes, std::size_t at, std::uint32_t value);

struct TcpSpec {
  std::uint16_t source_port = 40'000;
  std::uint16_t destination_port = 80;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgment = 0;
  std::uint8_t flags = tcp_flag::kAck;
  std::uint16_t window = 65'535;
  Bytes options = {};  // a multiple of four
  Bytes payload = {};
};

// Headers with right lengths and checksums around what they carry.
Bytes ethernet(std::uint16_t type, const Bytes& payload);
Bytes vlan(std::uint16_t id, std::uint16_t type, const Bytes& payload);  // what follows 0x8100
struct Ipv4Spec {
  std::string source = "192.0.2.1";
  std::string destination = "198.51.100.2";
  std::uint8_t protocol = 6;
  std::uint8_t ttl = 64;
  std::uint16_t id = 1;
  std::uint16_t fragment = 0;  // flags and offset as in the header
  Bytes options = {};
};
Bytes ipv4(const Ipv4Spec& spec, const Bytes& payload);
Bytes ipv6(std::string_view source, std::string_view destination, std::uint8_t next, const Bytes& payload);
/// The transport's checksum is over the addresses, so it is made last.
Bytes tcp(const TcpSpec& spec);
Bytes udp(std::uint16_t source_port, std::uint16_t destination_port, const Bytes& payload);
/// Puts the checksum of TCP, UDP or ICMPv6 right in an IPv4 or IPv6 packet without extension headers.
Bytes with_checksum(Bytes ip_packet);

/// A raw IP frame.
Frame frame_of(const Bytes& bytes, LinkType link = LinkType::Raw, std::int64_t micros = 0);

}  // namespace warder::packet::testing
