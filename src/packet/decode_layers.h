// The layers of decode.cc, a file each; nobody else includes this. Every function takes the bytes that are left and
// looks at no byte before it has compared the size; spans check once more in hardened builds.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "packet/decode.h"

namespace warder::packet {

inline std::uint16_t be16(ByteView bytes, std::size_t at) noexcept {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}
inline std::uint32_t be32(ByteView bytes, std::size_t at) noexcept {
  return static_cast<std::uint32_t>(be16(bytes, at)) << 16 | be16(bytes, at + 2);
}

namespace ether {
inline constexpr std::uint16_t kIpv4 = 0x0800;
inline constexpr std::uint16_t kArp = 0x0806;
inline constexpr std::uint16_t kBridge = 0x6558;  // transparent Ethernet bridging (GRE, Geneve)
inline constexpr std::uint16_t kVlan = 0x8100;
inline constexpr std::uint16_t kIpv6 = 0x86dd;
inline constexpr std::uint16_t kMpls = 0x8847;
inline constexpr std::uint16_t kMplsMulticast = 0x8848;
inline constexpr std::uint16_t kPppoeDiscovery = 0x8863;
inline constexpr std::uint16_t kPppoeSession = 0x8864;
inline constexpr std::uint16_t kPppInGre = 0x880b;
inline constexpr std::uint16_t kQinQ = 0x88a8;
inline constexpr std::uint16_t kErspan = 0x88be;
inline constexpr std::uint16_t kErspan3 = 0x22eb;
inline constexpr std::uint16_t kIeee8021ah = 0x88e7;
inline constexpr std::uint16_t kDce = 0x8903;
inline constexpr std::uint16_t kVntag = 0x8926;
inline constexpr std::uint16_t kEtag = 0x893f;
inline constexpr std::uint16_t kNsh = 0x894f;
inline constexpr std::uint16_t kOldQinQ = 0x9100;
}  // namespace ether

namespace ip_protocol {
inline constexpr std::uint8_t kHopByHop = 0;
inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kIgmp = 2;
inline constexpr std::uint8_t kIpv4 = 4;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kIpv6 = 41;
inline constexpr std::uint8_t kRouting = 43;
inline constexpr std::uint8_t kFragment = 44;
inline constexpr std::uint8_t kGre = 47;
inline constexpr std::uint8_t kEsp = 50;
inline constexpr std::uint8_t kAuthentication = 51;
inline constexpr std::uint8_t kIcmp6 = 58;
inline constexpr std::uint8_t kNone = 59;
inline constexpr std::uint8_t kDestination = 60;
inline constexpr std::uint8_t kSctp = 132;
inline constexpr std::uint8_t kMobility = 135;
inline constexpr std::uint8_t kHip = 139;
inline constexpr std::uint8_t kShim6 = 140;
}  // namespace ip_protocol

class Layers {
 public:
  explicit Layers(const DecodeOptions& options)
      : options_(options), fragments_(options.fragments, options.fragment_policy) {}

  std::span<Packet> decode(const Frame& frame);
  [[nodiscard]] const Defragmenter& fragments() const noexcept { return fragments_; }

 private:
  static constexpr unsigned kMaxLayers = 64;
  using Where = Packet&;
  // decode_link.cc
  void link_layer(Where packet, ByteView bytes, LinkType link);
  void ethernet(Where packet, ByteView bytes);
  void ether_type(Where packet, std::uint16_t type, ByteView bytes);
  void tag(Where packet, ByteView bytes);
  void linux_sll(Where packet, ByteView bytes);
  void linux_sll2(Where packet, ByteView bytes);
  void loopback(Where packet, ByteView bytes, LinkType link);
  void raw_ip(Where packet, ByteView bytes);
  void ppp(Where packet, ByteView bytes);
  void ppp_protocol(Where packet, std::uint16_t protocol, ByteView bytes);
  void cisco_hdlc(Where packet, ByteView bytes);
  void pppoe_discovery(Where packet, ByteView bytes);
  void pppoe_session(Where packet, ByteView bytes);
  void arp(Where packet, ByteView bytes);
  void mpls(Where packet, ByteView bytes);
  void nsh(Where packet, ByteView bytes);
  void other_tag(Where packet, std::uint16_t type, ByteView bytes);
  // decode_ip.cc
  void ipv4(Where packet, ByteView bytes);
  void ipv4_options(Where packet);
  void ipv6(Where packet, ByteView bytes);
  void ipv6_extensions(Where packet, std::uint8_t next, ByteView rest);
  void fragment(Where packet);
  // decode_transport.cc
  void transport(Where packet, std::uint8_t protocol, ByteView bytes);
  void tcp(Where packet, ByteView bytes);
  void udp(Where packet, ByteView bytes);
  void icmp4(Where packet, ByteView bytes);
  void icmp6(Where packet, ByteView bytes);
  void sctp(Where packet, ByteView bytes);
  void igmp(Where packet, ByteView bytes);
  // decode_tunnel.cc
  void gre(Where packet, ByteView bytes);
  void erspan(Where packet, ByteView bytes, bool is_third);
  void udp_tunnel(Where packet);
  void teredo(Where packet, ByteView bytes);
  void vxlan(Where packet, ByteView bytes);
  void geneve(Where packet, ByteView bytes);
  void inner_ip(Where outer, ByteView bytes, std::uint8_t version);
  /// A packet inside `outer`; null, with an event, when there are too many.
  Packet* inner(Where outer, ByteView bytes, Origin origin);

  static void invalid(Where packet, PacketEvent event) noexcept {
    packet.events.add(event);
    packet.is_invalid = true;
  }

  const DecodeOptions options_;
  Defragmenter fragments_;
  bool has_partial_checksums_ = false;
  unsigned layers_ = 0;  // of the frame, so far
  std::size_t used_ = 0;
  std::array<Packet, Decoder::kMaxPackets> packets_;
};

/// What an ICMP error quotes, as far as it is there.
std::optional<QuotedPacket> read_quoted_ipv4(Packet& packet, ByteView bytes) noexcept;
std::optional<QuotedPacket> read_quoted_ipv6(Packet& packet, ByteView bytes) noexcept;

}  // namespace warder::packet
