#include "engines/ips/packet_numbers.h"

#include "engines/ips/flow_state.h"

namespace warder::ips {

namespace {

using Number = std::optional<std::uint64_t>;
using Context = PacketContext;
using packet::Network;
using packet::Transport;

template <class Value>
Number if_ip(const Context& c, Value value) {
  return c.packet.is_ip() ? Number(value) : std::nullopt;
}
Number ttl(const Context& c) {
  return if_ip(c, c.packet.ip.ttl);
}
Number tos(const Context& c) {
  return if_ip(c, c.packet.ip.tos);
}
Number ip_id(const Context& c) {
  return c.packet.network_kind == Network::Ipv4 ? Number(c.packet.ip.id) : std::nullopt;
}
Number fragment_offset(const Context& c) {
  return if_ip(c, c.packet.ip.fragment_offset / 8U);
}
Number payload_size(const Context& c) {
  return c.is_pseudo ? std::nullopt : Number(c.packet.payload.size());
}

Number if_icmp(const Context& c, std::uint64_t value) {
  return c.packet.is_icmp() ? Number(value) : std::nullopt;
}
Number icmp_type(const Context& c) {
  return if_icmp(c, c.packet.icmp_type);
}
Number icmp_code(const Context& c) {
  return if_icmp(c, c.packet.icmp_code);
}

/// Only the echo and timestamp families have an identifier and a sequence number.
bool has_icmp_id(const packet::Packet& p) {
  if (p.transport_kind == Transport::Icmp6) return p.icmp_type == 128 || p.icmp_type == 129;
  if (p.transport_kind != Transport::Icmp) return false;
  return p.icmp_type == 0 || p.icmp_type == 8 || (p.icmp_type >= 13 && p.icmp_type <= 18);
}
Number icmp_id(const Context& c) {
  return has_icmp_id(c.packet) ? Number(c.packet.icmp_id) : std::nullopt;
}
Number icmp_seq(const Context& c) {
  return has_icmp_id(c.packet) ? Number(c.packet.icmp_sequence) : std::nullopt;
}
Number icmp6_mtu(const Context& c) {
  const auto& p = c.packet;
  if (p.transport_kind != Transport::Icmp6 || p.icmp_type != 2 || p.transport.size() < 8) return std::nullopt;
  return static_cast<std::uint64_t>(p.transport[4]) << 24 | static_cast<std::uint64_t>(p.transport[5]) << 16 |
         static_cast<std::uint64_t>(p.transport[6]) << 8 | p.transport[7];
}

Number if_tcp(const Context& c, std::uint64_t value) {
  return c.packet.is_tcp() && !c.is_pseudo ? Number(value) : std::nullopt;
}
Number tcp_sequence(const Context& c) {
  return if_tcp(c, c.packet.tcp.sequence);
}
Number tcp_acknowledgment(const Context& c) {
  return if_tcp(c, c.packet.tcp.acknowledgment);
}
Number tcp_window(const Context& c) {
  return if_tcp(c, c.packet.tcp.window);
}
Number tcp_mss(const Context& c) {
  return c.packet.is_tcp() && c.packet.tcp.mss ? Number(*c.packet.tcp.mss) : std::nullopt;
}
Number tcp_window_scale(const Context& c) {
  return c.packet.is_tcp() && c.packet.tcp.window_scale ? Number(*c.packet.tcp.window_scale) : std::nullopt;
}

Number vlan_layers(const Context& c) {
  return c.packet.vlan_count;
}

Number if_flow(const Context& c, std::uint64_t (*read)(const packet::Flow& flow)) {
  return c.flow != nullptr ? Number(read(*c.flow)) : std::nullopt;
}
Number flow_age(const Context& c) {
  return if_flow(c, [](const packet::Flow& f) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(f.last_seen - f.first_seen).count());
  });
}
Number flow_packets(const Context& c) {
  return if_flow(c, [](const packet::Flow& f) { return f.sides[0].packets + f.sides[1].packets; });
}
Number flow_packets_to_server(const Context& c) {
  return if_flow(c, [](const packet::Flow& f) { return f.sides[0].packets; });
}
Number flow_packets_to_client(const Context& c) {
  return if_flow(c, [](const packet::Flow& f) { return f.sides[1].packets; });
}
Number flow_bytes(const Context& c) {
  return if_flow(c, [](const packet::Flow& f) { return f.sides[0].bytes + f.sides[1].bytes; });
}
Number flow_bytes_to_server(const Context& c) {
  return if_flow(c, [](const packet::Flow& f) { return f.sides[0].bytes; });
}
Number flow_bytes_to_client(const Context& c) {
  return if_flow(c, [](const packet::Flow& f) { return f.sides[1].bytes; });
}

constexpr auto kIn = Comparison::Ends::Inclusive;
constexpr auto kEx = Comparison::Ends::Exclusive;

constexpr PacketNumberRow kRows[] = {
    {"ttl", "", ttl, kIn, true, "time to live"},
    {"tos", "", tos, kEx, true, "type of service"},
    {"id", "", ip_id, kEx, true, "IPv4 identification"},
    {"fragoffset", "", fragment_offset, kEx, true, "fragment offset in units of 8 bytes"},
    {"dsize", "", payload_size, kEx, true, "bytes of payload in the packet"},
    {"itype", "", icmp_type, kEx, true, "ICMP type"},
    {"icode", "", icmp_code, kEx, true, "ICMP code"},
    {"icmp_id", "", icmp_id, kEx, true, "ICMP identifier"},
    {"icmp_seq", "", icmp_seq, kEx, true, "ICMP sequence number"},
    {"icmpv6.mtu", "", icmp6_mtu, kEx, true, "MTU of a packet-too-big message"},
    {"seq", "tcp.seq", tcp_sequence, kEx, true, "TCP sequence number"},
    {"ack", "tcp.ack", tcp_acknowledgment, kEx, true, "TCP acknowledgment number"},
    {"window", "tcp.window", tcp_window, kEx, true, "TCP window as sent"},
    {"tcp.mss", "", tcp_mss, kEx, true, "TCP maximum segment size option"},
    {"tcp.wscale", "", tcp_window_scale, kEx, true, "TCP window scale option"},
    {"vlan.layers", "", vlan_layers, kEx, true, "number of VLAN tags"},
    {"flow.age", "", flow_age, kEx, false, "seconds since the flow began"},
    {"flow.pkts", "", flow_packets, kEx, false, "packets of the flow"},
    {"flow.pkts_toserver", "", flow_packets_to_server, kEx, false, "packets to the server"},
    {"flow.pkts_toclient", "", flow_packets_to_client, kEx, false, "packets to the client"},
    {"flow.bytes", "", flow_bytes, kEx, false, "bytes of the flow"},
    {"flow.bytes_toserver", "", flow_bytes_to_server, kEx, false, "bytes to the server"},
    {"flow.bytes_toclient", "", flow_bytes_to_client, kEx, false, "bytes to the client"},
};

class PacketNumberTest : public PacketTest {
 public:
  PacketNumberTest(const PacketNumberRow& row, Comparison comparison) : row_(row), comparison_(std::move(comparison)) {}
  [[nodiscard]] bool matches(const PacketContext& context) const override {
    const auto value = row_.read(context);
    return value && comparison_.matches(*value);
  }

 private:
  const PacketNumberRow& row_;
  Comparison comparison_;
};

}  // namespace

std::span<const PacketNumberRow> packet_numbers() noexcept {
  return kRows;
}

const PacketNumberRow* find_packet_number(std::string_view keyword) noexcept {
  for (const auto& row : kRows) {
    if (row.keyword == keyword || (!row.alias.empty() && row.alias == keyword)) return &row;
  }
  return nullptr;
}

std::unique_ptr<const PacketTest> make_packet_number(const PacketNumberRow& row, Comparison comparison) {
  return std::make_unique<PacketNumberTest>(row, std::move(comparison));
}

}  // namespace warder::ips
