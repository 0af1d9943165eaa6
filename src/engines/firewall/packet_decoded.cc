#include "engines/firewall/packet_decoded.h"

#include <algorithm>

namespace warder::firewall {
namespace {

Tuple tuple_of(const packet::QuotedPacket& quoted) {
  return {quoted.source, quoted.destination, quoted.protocol, quoted.source_port, quoted.destination_port};
}

void take_macs(ByteView ethernet, Packet& out) {
  if (ethernet.size() < 12) return;
  Mac destination{};
  Mac source{};
  std::copy_n(ethernet.begin(), destination.size(), destination.begin());
  std::copy_n(ethernet.begin() + 6, source.size(), source.begin());
  out.destination_mac = destination;
  out.source_mac = source;
}

}  // namespace

std::optional<Packet> from_decoded(const packet::Packet& decoded, Direction direction) {
  Packet out;
  out.time = decoded.time;
  out.direction = direction;
  take_macs(decoded.ethernet, out);
  if (!decoded.is_ip()) {
    if (decoded.ether_type == 0) return std::nullopt;
    out.ether_type = decoded.ether_type;
    return out;
  }
  out.tuple = {decoded.source, decoded.destination, decoded.protocol, decoded.source_port, decoded.destination_port};
  out.bytes = static_cast<std::uint32_t>(decoded.network.size());
  out.is_fragment = decoded.ip.is_fragment();
  out.has_more_fragments = decoded.ip.has_more_fragments;
  out.has_transport = decoded.transport_kind != packet::Transport::None && decoded.ip.fragment_offset == 0;
  if (decoded.is_tcp()) {
    out.tcp_flags = decoded.tcp.flags;
    out.has_stray_urgent = decoded.tcp.urgent != 0 && !decoded.tcp.is(packet::tcp_flag::kUrg);
  }
  if (decoded.is_icmp()) {
    out.icmp_type = decoded.icmp_type;
    out.icmp_code = decoded.icmp_code;
    out.icmp_id = decoded.icmp_id;
    out.tuple.source_port = out.tuple.destination_port = 0;
    if (decoded.quoted) out.quoted = tuple_of(*decoded.quoted);
  }
  return out;
}

}  // namespace warder::firewall
