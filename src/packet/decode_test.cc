#include "packet/decode.h"

#include <gtest/gtest.h>

#include "packet/testing.h"

namespace warder::packet {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the builders read as a language

Bytes request() {
  return with_checksum(ipv4({}, tcp({.sequence = 7, .payload = from_text("GET / HTTP/1.0\r\n\r\n")})));
}

TEST(Decode, TcpOverIpv4OverEthernet) {
  Decoder decoder;
  const Bytes bytes = ethernet(0x0800, request());
  const auto packets = decoder.decode(frame_of(bytes, LinkType::Ethernet));
  ASSERT_EQ(packets.size(), 1U);
  const Packet& packet = packets[0];
  EXPECT_TRUE(packet.is_tcp());
  EXPECT_FALSE(packet.is_invalid);
  EXPECT_TRUE(packet.events.is_empty());
  EXPECT_EQ(packet.source.text(), "192.0.2.1");
  EXPECT_EQ(packet.destination.text(), "198.51.100.2");
  EXPECT_EQ(packet.source_port, 40'000);
  EXPECT_EQ(packet.destination_port, 80);
  EXPECT_EQ(packet.tcp.sequence, 7U);
  EXPECT_EQ(as_text(packet.payload), "GET / HTTP/1.0\r\n\r\n");
}

TEST(Decode, BytesAfterTheDatagramAreNotPayload) {
  Decoder decoder;
  const Bytes bytes = ethernet(0x0800, ipv4({.protocol = 17}, udp(1, 2, from_text("ab"))) + Bytes(20));
  EXPECT_EQ(as_text(decoder.decode(frame_of(bytes, LinkType::Ethernet))[0].payload), "ab");
}

TEST(Decode, EveryLinkLayerReachesIp) {
  Bytes loop(4);
  put32(loop, 0, 2);
  Bytes null = {2, 0, 0, 0};
  Bytes sll(16);
  put16(sll, 14, 0x0800);
  Bytes sll2(20);
  put16(sll2, 0, 0x0800);
  const Bytes ppp = {0xff, 0x03, 0x00, 0x21};
  const Bytes pppoe = {0x11, 0, 0, 1, 0, 40, 0x00, 0x21};
  const Bytes mpls_two_labels = {0, 0x06, 0x40, 64, 0, 0x06, 0x51, 64};
  const Bytes nsh = {0x0f, 0xc2, 2, 1, 0, 0, 1, 1};
  struct Case {
    std::string name;
    LinkType link;
    Bytes bytes;
  };
  const Case cases[] = {
      {"raw", LinkType::Raw, request()},
      {"null", LinkType::Null, null + request()},
      {"loop", LinkType::Loop, loop + request()},
      {"sll", LinkType::LinuxSll, sll + request()},
      {"sll2", LinkType::LinuxSll2, sll2 + request()},
      {"ppp", LinkType::Ppp, ppp + request()},
      {"chdlc", LinkType::CiscoHdlc, Bytes{0x0f, 0, 8, 0} + request()},
      {"pppoe", LinkType::Ethernet, ethernet(0x8864, pppoe + request())},
      {"mpls", LinkType::Ethernet, ethernet(0x8847, mpls_two_labels + request())},
      {"nsh", LinkType::Ethernet, ethernet(0x894f, nsh + request())},
      {"vlan", LinkType::Ethernet, ethernet(0x8100, vlan(200, 0x88a8, vlan(300, 0x0800, request())))},
  };
  Decoder decoder;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto packets = decoder.decode(frame_of(c.bytes, c.link));
    EXPECT_TRUE(packets[0].is_tcp());
    EXPECT_EQ(as_text(packets[0].payload), "GET / HTTP/1.0\r\n\r\n");
    if (c.name != "vlan") continue;
    EXPECT_EQ(packets[0].vlan_count, 2);
    EXPECT_EQ(packets[0].vlan[1], 300);
  }
}

TEST(Decode, TunnelsCarryPacketsOfTheirOwn) {
  const Bytes gre = {0, 0, 0x08, 0};
  const Bytes gre_bridge = {0, 0, 0x65, 0x58};
  const Bytes vxlan = {8, 0, 0, 0, 0, 0, 1, 0};
  const Bytes geneve = {0, 0, 0x65, 0x58, 0, 0, 1, 0};
  const Bytes inner6 = with_checksum(ipv6("2001:db8::1", "2001:db8::2", 6, tcp({.payload = from_text("x")})));
  struct Case {
    std::string name;
    Bytes bytes;
  };
  const Case cases[] = {
      {"gre", ipv4({.protocol = 47}, gre + request())},
      {"gre bridge", ipv4({.protocol = 47}, gre_bridge + ethernet(0x0800, request()))},
      {"ipip", ipv4({.protocol = 4}, request())},
      {"6in4", ipv4({.protocol = 41}, inner6)},
      {"4in6", ipv6("2001:db8::1", "2001:db8::2", 4, request())},
      {"vxlan", ipv4({.protocol = 17}, udp(5000, 4789, vxlan + ethernet(0x0800, request())))},
      {"geneve", ipv4({.protocol = 17}, udp(5000, 6081, geneve + ethernet(0x0800, request())))},
      {"teredo", ipv4({.protocol = 17}, udp(5000, 3544, inner6))},
  };
  Decoder decoder;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto packets = decoder.decode(frame_of(c.bytes));
    ASSERT_EQ(packets.size(), 2U);
    EXPECT_EQ(packets[1].origin, Origin::Tunnel);
    EXPECT_EQ(packets[1].depth, 1);
    EXPECT_TRUE(packets[1].is_tcp());
  }
  Decoder shallow(DecodeOptions{.enter_tunnels = false});
  for (const Case& c : cases) {
    if (c.name != "ipip" && c.name != "gre") continue;
    EXPECT_EQ(shallow.decode(frame_of(c.bytes)).size(), 1U);
  }
}

TEST(Decode, TunnelsInTunnelsEnd) {
  Bytes bytes = request();
  for (int i = 0; i < 30; ++i) bytes = ipv4({.protocol = 4}, bytes);
  Decoder decoder;
  const auto packets = decoder.decode(frame_of(bytes));
  EXPECT_EQ(packets.size(), Decoder::kMaxPackets);
  EXPECT_TRUE(packets.back().events.has(PacketEvent::TooManyLayers));
  // Layers that are not packets of their own are bounded too.
  Bytes tags;
  for (int i = 0; i < 2000; ++i) tags = tags + Bytes{0, 0} + ethernet(0x8903, {});
  EXPECT_TRUE(decoder.decode(frame_of(ethernet(0x8903, tags), LinkType::Ethernet))[0].is_invalid);
}

TEST(Decode, BrokenHeadersAreEvents) {
  struct Case {
    std::string name;
    Bytes bytes;
    PacketEvent event;
  };
  Bytes short_length = request();
  put16(short_length, 2, 19);
  Bytes long_length = request();
  put16(long_length, 2, 2000);
  Bytes version = request();
  version[0] = 0x75;
  Bytes header = request();
  header[0] = 0x44;
  Bytes tcp_header = ipv4({}, tcp({}));
  tcp_header[32] = 0x40;
  Bytes tcp_options = ipv4({}, tcp({}));
  tcp_options[32] = 0x60;
  Bytes udp_length = ipv4({.protocol = 17}, udp(1, 2, {1, 2}));
  put16(udp_length, 24, 11);
  const Case cases[] = {
      {"short", Bytes(short_length.begin(), short_length.begin() + 19), PacketEvent::Ipv4PktTooSmall},
      {"length below header", short_length, PacketEvent::Ipv4IplenSmallerThanHlen},
      {"cut", long_length, PacketEvent::Ipv4TruncPkt},
      {"version", version, PacketEvent::IprawInvalidIpVersion},
      {"header length", header, PacketEvent::Ipv4HlenTooSmall},
      {"tcp short", ipv4({}, Bytes(19)), PacketEvent::TcpPktTooSmall},
      {"tcp header", tcp_header, PacketEvent::TcpHlenTooSmall},
      {"tcp options", tcp_options, PacketEvent::TcpInvalidOptlen},
      {"udp short", ipv4({.protocol = 17}, Bytes(7)), PacketEvent::UdpHlenTooSmall},
      {"udp length", udp_length, PacketEvent::UdpPktTooSmall},
      {"icmp short", ipv4({.protocol = 1}, Bytes(7)), PacketEvent::Icmpv4PktTooSmall},
      {"sctp short", ipv4({.protocol = 132}, Bytes(11)), PacketEvent::SctpPktTooSmall},
      {"gre short", ipv4({.protocol = 47}, Bytes(3)), PacketEvent::GrePktTooSmall},
      {"ipv6 cut", Bytes(request().size(), 0x60), PacketEvent::Ipv6TruncPkt},
  };
  Decoder decoder;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto packets = decoder.decode(frame_of(c.bytes));
    EXPECT_TRUE(packets[0].events.has(c.event));
    EXPECT_TRUE(packets[0].is_invalid);
  }
}

TEST(Decode, Ipv6ExtensionHeadersAreSteppedOver) {
  const Bytes payload = tcp({.payload = from_text("x")});
  const Bytes hop = {60, 0, 5, 2, 0, 0, 1, 0};             // router alert, then destination options
  const Bytes destination = {43, 0, 0x3e, 4, 0, 0, 0, 0};  // an option that nobody knows
  const Bytes routing = {6, 0, 0, 0, 0, 0, 0, 0};
  Decoder decoder;
  const Bytes bytes = ipv6("2001:db8::1", "2001:db8::2", 0, hop + destination + routing + payload);
  const auto packets = decoder.decode(frame_of(bytes));
  EXPECT_TRUE(packets[0].is_tcp());
  EXPECT_EQ(as_text(packets[0].payload), "x");
  EXPECT_TRUE(packets[0].events.has(PacketEvent::Ipv6DstoptsUnknownOpt));
  EXPECT_TRUE(packets[0].events.has(PacketEvent::Ipv6RhType0));
  EXPECT_FALSE(packets[0].events.has(PacketEvent::Ipv6HopoptsUnknownOpt));
  const Bytes atomic = {6, 0, 0, 0, 0, 0, 0, 9};
  const Bytes useless = ipv6("2001:db8::1", "2001:db8::2", 44, atomic + payload);
  const auto again = decoder.decode(frame_of(useless));
  EXPECT_TRUE(again[0].is_tcp());
  EXPECT_TRUE(again[0].events.has(PacketEvent::Ipv6ExthdrUselessFh));
  const Bytes empty = ipv6("2001:db8::1", "2001:db8::2", 44, atomic);
  EXPECT_TRUE(decoder.decode(frame_of(empty))[0].events.has(PacketEvent::Ipv6TruncExthdr));
  const Bytes cut = ipv6("2001:db8::1", "2001:db8::2", 60, Bytes{6, 9, 0, 0, 0, 0, 0, 0});
  EXPECT_TRUE(decoder.decode(frame_of(cut))[0].events.has(PacketEvent::Ipv6TruncExthdr));
}

TEST(Decode, TcpOptions) {
  TcpSpec spec;
  spec.options = {2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 7, 0, 0, 0, 9, 1, 3, 3, 7};
  Decoder decoder;
  const Bytes bytes = ipv4({}, tcp(spec));
  const TcpHeader tcp_header = decoder.decode(frame_of(bytes))[0].tcp;
  EXPECT_EQ(tcp_header.mss, 1460);
  EXPECT_EQ(tcp_header.window_scale, 7);
  EXPECT_TRUE(tcp_header.may_sack);
  EXPECT_EQ(tcp_header.timestamp, 7U);
  EXPECT_EQ(tcp_header.timestamp_echo, 9U);
  spec.options = {2, 4, 0x05, 0xb4, 2, 4, 0x05, 0xb4};
  const Bytes twice = ipv4({}, tcp(spec));
  EXPECT_TRUE(decoder.decode(frame_of(twice))[0].events.has(PacketEvent::TcpOptDuplicate));
  spec.options = {2, 9, 0, 0};
  const Bytes wrong = ipv4({}, tcp(spec));
  EXPECT_TRUE(decoder.decode(frame_of(wrong))[0].events.has(PacketEvent::TcpOptInvalidLen));
}

TEST(Decode, IcmpErrorsQuoteAPacket) {
  Bytes icmp(8);
  icmp[0] = 3;
  Decoder decoder;
  const Bytes bytes = ipv4({.source = "198.51.100.9", .protocol = 1}, icmp + request());
  const auto packets = decoder.decode(frame_of(bytes));
  ASSERT_TRUE(packets[0].quoted.has_value());
  EXPECT_EQ(packets[0].quoted->source.text(), "192.0.2.1");
  EXPECT_EQ(packets[0].quoted->destination_port, 80);
}

TEST(Decode, ChecksumsAreVerifiedWhenAsked) {
  Decoder decoder(DecodeOptions{.verify_checksums = true});
  const Bytes good = request();
  EXPECT_EQ(decoder.decode(frame_of(good))[0].ip_checksum, Checksum::Good);
  EXPECT_EQ(decoder.decode(frame_of(good))[0].transport_checksum, Checksum::Good);
  Bytes bad = good;
  bad.back() ^= 1;
  EXPECT_EQ(decoder.decode(frame_of(bad))[0].transport_checksum, Checksum::Bad);
  bad[8] ^= 1;
  EXPECT_EQ(decoder.decode(frame_of(bad))[0].ip_checksum, Checksum::Bad);
  const Bytes six = with_checksum(ipv6("2001:db8::1", "2001:db8::2", 17, udp(1, 2, from_text("odd"))));
  EXPECT_EQ(decoder.decode(frame_of(six))[0].transport_checksum, Checksum::Good);
  const Bytes none = ipv4({.protocol = 17}, udp(1, 2, {}));
  EXPECT_EQ(decoder.decode(frame_of(none))[0].transport_checksum, Checksum::Unchecked);
}

}  // namespace
}  // namespace warder::packet
