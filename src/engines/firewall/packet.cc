#include "engines/firewall/packet.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "engines/firewall/program.h"

namespace warder::firewall {
namespace {

constexpr std::uint16_t kEphemeral = 40'000;

struct NamedState {
  std::string_view name;
  std::uint8_t bit;
};
constexpr NamedState kStates[] = {{"new", kNew},
                                  {"established", kEstablished},
                                  {"related", kRelated},
                                  {"invalid", kInvalid},
                                  {"untracked", kUntracked}};

tl::unexpected<Error> wrong(std::string_view word, std::string_view what) {
  return fail(ErrorCode::Invalid, fmt::format("\"{}\": {}", word.substr(0, 80), what));
}

struct Endpoint {
  IpAddress address;
  std::optional<std::uint16_t> port;
};

Result<Endpoint> parse_endpoint(std::string_view text) {
  if (const auto address = parse_ip(text)) return Endpoint{*address, {}};
  const auto colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const auto address = parse_ip(host);
    const auto port = parse_integer<std::uint16_t>(text.substr(colon + 1));
    if (address && port) return Endpoint{*address, port};
  }
  return wrong(text, "not an address, ADDRESS:PORT or [ADDRESS]:PORT");
}

bool has_ports(std::uint8_t protocol) {
  return protocol == kTcp || protocol == kUdp || protocol == kSctp;
}

class Parser {
 public:
  Result<Packet> parse(std::string_view text) {
    std::vector<std::string_view> words;
    for (const std::string_view word : split(text, ' '))
      if (!word.empty()) words.push_back(word);
    std::size_t at = 0;
    WD_TRY(direction(words, at));
    if (words.size() < at + 4 || words[at + 2] != ">")
      return wrong(text, "write: in|out PROTOCOL SOURCE[:PORT] > DESTINATION[:PORT] [key=value …]");
    WD_TRY(addresses(words[at], words[at + 1], words[at + 3]));
    for (const std::string_view word : std::span(words).subspan(at + 4)) {
      const auto equals = word.find('=');
      if (equals == std::string_view::npos) return wrong(word, "not key=value");
      WD_TRY(set(word.substr(0, equals), word.substr(equals + 1)));
    }
    return finish();
  }

  Result<Packet> parse(const json::object& object) {
    const auto text_at = [&](std::string_view key) -> std::string {
      const json::value* value = object.if_contains(key);
      if (value == nullptr || value->is_null()) return {};
      return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
    };
    std::size_t at = 0;
    const std::string way = text_at("direction");
    const std::string_view word = way;
    WD_TRY(direction(std::span(&word, way.empty() ? 0 : 1), at));
    const auto endpoint = [&](std::string_view key) {
      const std::string port = text_at(std::string(key) + "_port");
      const std::string address = text_at(key);
      return port.empty() ? address : fmt::format("[{}]:{}", address, port);
    };
    const std::string protocol = text_at("protocol");
    WD_TRY(addresses(protocol.empty() ? "tcp" : protocol, endpoint("source"), endpoint("destination")));
    for (const auto& member : object) {
      const std::string_view key = member.key();
      if (key == "direction" || key == "protocol" || key == "source" || key == "destination" || key == "source_port" ||
          key == "destination_port")
        continue;
      std::string value = text_at(key);
      if (member.value().is_array()) {
        value.clear();
        for (const json::value& item : member.value().get_array())
          if (item.is_string()) value += (value.empty() ? "" : ",") + std::string(item.get_string());
      }
      WD_TRY(set(key, value));
    }
    return finish();
  }

 private:
  Result<void> direction(std::span<const std::string_view> words, std::size_t& at) {
    if (words.empty()) return {};
    ++at;
    if (words[0] == "in" || words[0] == "incoming") {
      packet_.direction = Direction::Incoming;
    } else if (words[0] == "out" || words[0] == "outgoing") {
      packet_.direction = Direction::Outgoing;
    } else if (words[0] == "forward" || words[0] == "forwarded") {
      packet_.is_forwarded = true;
    } else {
      return wrong(words[0], "a packet begins with its direction: in, out or forward");
    }
    return {};
  }

  Result<void> addresses(std::string_view protocol, std::string_view source, std::string_view destination) {
    if (protocol == "arp") {
      packet_.ether_type = kEtherArp;
    } else {
      const auto number = parse_protocol(protocol);
      if (!number) return wrong(protocol, "not a protocol");
      packet_.tuple.protocol = *number;
    }
    const Endpoint from = WD_TRY(parse_endpoint(source));
    const Endpoint to = WD_TRY(parse_endpoint(destination));
    if (from.address.is_v4() != to.address.is_v4()) return wrong(destination, "the addresses are of two families");
    packet_.tuple.source = from.address;
    packet_.tuple.destination = to.address;
    const bool is_with_ports = has_ports(packet_.tuple.protocol);
    if (!is_with_ports && (from.port || to.port)) return wrong(protocol, "has no ports");
    packet_.tuple.source_port = from.port.value_or(is_with_ports ? kEphemeral : 0);
    packet_.tuple.destination_port = to.port.value_or(0);
    return {};
  }

  Result<void> set(std::string_view key, std::string_view value) {
    const auto number = parse_integer<std::uint32_t>(value);
    if (key == "flags" || key == "tcp_flags") {
      packet_.tcp_flags = WD_TRY(parse_flags(value));
      has_flags_ = true;
    } else if (key == "iface" || key == "interface") {
      WD_TRY(check_interface_pattern(value));
      packet_.interface = value;
    } else if (key == "type" || key == "icmp_type") {
      return set_type(value);
    } else if (key == "code" || key == "icmp_code") {
      if (!number || *number > 255) return wrong(value, "an ICMP code is 0..255");
      packet_.icmp_code = static_cast<std::uint8_t>(*number);
    } else if (key == "id") {
      if (!number || *number > 65'535) return wrong(value, "an ICMP identifier is 0..65535");
      packet_.icmp_id = static_cast<std::uint16_t>(*number);
    } else if (key == "len" || key == "bytes") {
      if (!number) return wrong(value, "not a number of bytes");
      packet_.bytes = *number;
    } else if (key == "smac" || key == "source_mac") {
      packet_.source_mac = WD_TRY(parse_mac(value));
    } else if (key == "dmac" || key == "destination_mac") {
      packet_.destination_mac = WD_TRY(parse_mac(value));
    } else if (key == "frag" || key == "fragment") {
      return set_fragment(value);
    } else if (key == "state") {
      return set_state(value);
    } else {
      return wrong(key, "there is no such key; see docs/firewall.md");
    }
    return {};
  }

  Result<void> set_type(std::string_view value) {
    const std::string v6 = "v6-" + std::string(value);
    const auto first = packet_.tuple.protocol == kIcmp6 ? parse_icmp(v6) : parse_icmp(value);
    const IcmpTest test = first ? *first : WD_TRY(parse_icmp(value));
    packet_.icmp_type = test.type;
    if (test.code) packet_.icmp_code = *test.code;
    return {};
  }

  Result<void> set_fragment(std::string_view value) {
    if (value != "first" && value != "middle" && value != "last") return wrong(value, "first, middle or last");
    packet_.is_fragment = true;
    packet_.has_more_fragments = value != "last";
    packet_.has_transport = value == "first";
    return {};
  }

  Result<void> set_state(std::string_view value) {
    for (const NamedState& state : kStates)
      if (state.name == value) packet_.state = state.bit;
    if (!packet_.state) return wrong(value, "new, established, related, invalid or untracked");
    return {};
  }

  Result<Packet> finish() {
    if (packet_.tuple.protocol == kTcp && !has_flags_) packet_.tcp_flags = kSyn;
    const bool is_icmp = packet_.tuple.protocol == kIcmp || packet_.tuple.protocol == kIcmp6;
    const Family wanted = packet_.tuple.protocol == kIcmp ? Family::V4 : Family::V6;
    if (is_icmp && packet_.family() != wanted)
      return wrong(protocol_name(packet_.tuple.protocol), "does not come with addresses of this family");
    if (packet_.bytes == 0) packet_.bytes = packet_.family() == Family::V4 ? 60 : 80;
    return packet_;
  }

  Packet packet_;
  bool has_flags_ = false;
};

std::string endpoint_text(const IpAddress& address, std::uint16_t port, bool is_with_port) {
  if (!is_with_port) return address.text();
  return address.is_v4() ? fmt::format("{}:{}", address.text(), port) : fmt::format("[{}]:{}", address.text(), port);
}

std::string_view state_name(std::uint8_t state) {
  for (const NamedState& named : kStates)
    if (named.bit == state) return named.name;
  return "new";
}

}  // namespace

Result<Packet> parse_packet(std::string_view text) {
  text = trim(text);
  if (!text.starts_with('{')) return Parser().parse(text);
  const json::value value = WD_TRY(parse_json(text));
  return Parser().parse(value.get_object());
}

std::string text(const Packet& packet) {
  const bool is_with_ports = has_ports(packet.tuple.protocol);
  std::string out = fmt::format("{} {} {} > {}",
                                packet.is_forwarded                       ? "forward"
                                : packet.direction == Direction::Incoming ? "in"
                                                                          : "out",
                                packet.ether_type == kEtherArp ? "arp" : protocol_name(packet.tuple.protocol),
                                endpoint_text(packet.tuple.source, packet.tuple.source_port, is_with_ports),
                                endpoint_text(packet.tuple.destination, packet.tuple.destination_port, is_with_ports));
  if (packet.tuple.protocol == kTcp) out += " flags=" + flags_text(packet.tcp_flags);
  if (packet.tuple.protocol == kIcmp || packet.tuple.protocol == kIcmp6)
    out += fmt::format(" type={} code={} id={}", packet.icmp_type, packet.icmp_code, packet.icmp_id);
  if (!packet.interface.empty()) out += " iface=" + packet.interface;
  if (packet.is_fragment)
    out += fmt::format(" frag={}", packet.has_transport ? "first" : packet.has_more_fragments ? "middle" : "last");
  if (packet.source_mac) out += " smac=" + text(*packet.source_mac);
  if (packet.destination_mac) out += " dmac=" + text(*packet.destination_mac);
  if (packet.state) out += fmt::format(" state={}", state_name(*packet.state));
  return out + fmt::format(" len={}", packet.bytes);
}

json::object to_json(const Packet& packet) {
  json::object out{{"direction", packet.is_forwarded ? "forward" : name(packet.direction)},
                   {"protocol", packet.ether_type == kEtherArp ? "arp" : protocol_name(packet.tuple.protocol)},
                   {"source", packet.tuple.source.text()},
                   {"destination", packet.tuple.destination.text()}};
  if (has_ports(packet.tuple.protocol)) {
    out["source_port"] = packet.tuple.source_port;
    out["destination_port"] = packet.tuple.destination_port;
  }
  if (packet.tuple.protocol == kTcp) out["flags"] = flags_text(packet.tcp_flags);
  if (packet.tuple.protocol == kIcmp || packet.tuple.protocol == kIcmp6) {
    out["type"] = packet.icmp_type;
    out["code"] = packet.icmp_code;
    out["id"] = packet.icmp_id;
  }
  if (!packet.interface.empty()) out["interface"] = packet.interface;
  if (packet.is_fragment)
    out["fragment"] = packet.has_transport ? "first" : packet.has_more_fragments ? "middle" : "last";
  out["bytes"] = packet.bytes;
  return out;
}

}  // namespace warder::firewall
