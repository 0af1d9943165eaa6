// A packet as the firewall sees it: what rules can ask about, and nothing else.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/result.h"
#include "base/time.h"
#include "engines/firewall/spec.h"

namespace warder::firewall {

/// The addresses, protocol and ports of one direction of a connection. ICMP: the identifier in both ports' place.
struct Tuple {
  IpAddress source;
  IpAddress destination;
  std::uint8_t protocol = 0;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  friend auto operator<=>(const Tuple&, const Tuple&) = default;
};

struct Packet {
  Timestamp time{};
  Direction direction = Direction::Incoming;
  bool is_forwarded = false;
  std::string interface;         // empty: none that a rule could name
  std::uint16_t ether_type = 0;  // of frames that are not IP
  std::optional<Mac> source_mac;
  std::optional<Mac> destination_mac;
  Tuple tuple;
  bool has_transport = true;  // its header is there: not a later fragment, not cut off
  std::uint8_t tcp_flags = 0;
  bool has_stray_urgent = false;  // TCP: an urgent pointer, and URG clear
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  std::uint16_t icmp_id = 0;
  std::optional<Tuple> quoted;  // what an ICMP error is about
  std::uint32_t bytes = 0;      // from the IP header on
  bool is_fragment = false;
  bool has_more_fragments = false;
  std::optional<std::uint8_t> state;  // given by the user: StateBits, instead of what was seen before

  [[nodiscard]] Family family() const noexcept { return tuple.source.is_v4() ? Family::V4 : Family::V6; }
  [[nodiscard]] bool is_ip() const noexcept { return ether_type == 0; }
};

/// The form of docs/firewall.md: "in tcp 203.0.113.9:51000 > 192.0.2.10:443 flags=syn iface=eth0", or a JSON object of
/// the same words. Invalid says which word.
Result<Packet> parse_packet(std::string_view text);
/// The same text again.
std::string text(const Packet& packet);
boost::json::object to_json(const Packet& packet);

}  // namespace warder::firewall
