// Conditions on headers of the packet, and events of the decoder.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "engines/ips/flow_state.h"
#include "engines/ips/keywords.h"
#include "engines/ips/packet_numbers.h"
#include "engines/ips/rule_builder.h"

namespace warder::ips {

namespace {

/// A test that is a function and a value.
template <class Value>
class Test : public PacketTest {
 public:
  using Function = bool (*)(const PacketContext& context, const Value& value);
  Test(Function function, Value value) : function_(function), value_(std::move(value)) {}
  [[nodiscard]] bool matches(const PacketContext& context) const override { return function_(context, value_); }

 private:
  Function function_;
  Value value_;
};

template <class Value>
void add(RuleBuilder& builder, bool (*function)(const PacketContext&, const Value&), Value value) {
  builder.add_test(std::make_unique<Test<Value>>(function, std::move(value)));
}

enum class BitsMode : std::uint8_t { All, Exact, Any, None };

/// A set of bits that must stand in a field.
struct BitsWanted {
  unsigned bits = 0;
  unsigned ignored = 0;
  BitsMode mode = BitsMode::Exact;

  [[nodiscard]] bool matches(unsigned value) const noexcept {
    value &= ~ignored;
    switch (mode) {
      case BitsMode::Exact:
        return value == bits;
      case BitsMode::All:
        return (value & bits) == bits;
      case BitsMode::Any:
        return bits == 0 ? value == 0 : (value & bits) != 0;
      case BitsMode::None:
        return bits == 0 ? value != 0 : (value & bits) != bits;
    }
    return false;
  }
};

std::optional<unsigned> tcp_flag_bits(std::string_view letters) {
  static constexpr std::string_view kLetters = "FSRPAUEC";
  unsigned bits = 0;
  for (char letter : letters) {
    if (letter == '0') continue;
    if (letter == '1') letter = 'C';
    if (letter == '2') letter = 'E';
    const auto at = kLetters.find(static_cast<char>(letter & ~0x20));
    if (at == std::string_view::npos) return std::nullopt;
    bits |= 1U << at;
  }
  return bits;
}

BitsMode take_mode(std::string_view& text) {
  const auto at = text.find_first_of("+*!");
  if (at == std::string_view::npos) return BitsMode::Exact;
  const char c = text[at];
  if (at == 0) text.remove_prefix(1);
  if (at != 0 && at + 1 == text.size()) text.remove_suffix(1);
  return c == '+' ? BitsMode::All : c == '*' ? BitsMode::Any : BitsMode::None;
}

bool has_flags(const PacketContext& context, const BitsWanted& wanted) {
  return context.packet.is_tcp() && !context.is_pseudo && wanted.matches(context.packet.tcp.flags);
}

Result<void> flags(RuleBuilder& builder, std::string_view value) {
  const auto parts = split_arguments(value);
  auto text = parts[0];
  BitsWanted wanted;
  wanted.mode = take_mode(text);
  const auto bits = tcp_flag_bits(text);
  const auto ignored = parts.size() > 1 ? tcp_flag_bits(parts[1]) : 0U;
  if (!bits || !ignored) return fail(ErrorCode::Invalid, "flags: \"" + std::string(value) + "\" names an unknown flag");
  wanted.bits = *bits;
  wanted.ignored = *ignored;
  add(builder, has_flags, wanted);
  builder.need_packet();
  return {};
}

bool has_fragment_bits(const PacketContext& context, const BitsWanted& wanted) {
  const auto& ip = context.packet.ip;
  if (context.packet.network_kind != packet::Network::Ipv4) return false;
  const unsigned bits =
      (ip.has_more_fragments ? 1U : 0U) | (ip.may_not_fragment ? 2U : 0U) | (ip.is_reserved_bit_set ? 4U : 0U);
  return wanted.matches(bits);
}

Result<void> fragbits(RuleBuilder& builder, std::string_view value) {
  BitsWanted wanted;
  wanted.mode = take_mode(value);
  for (const char letter : value) {
    if (letter == 'M') {
      wanted.bits |= 1U;
    } else if (letter == 'D') {
      wanted.bits |= 2U;
    } else if (letter == 'R') {
      wanted.bits |= 4U;
    } else if (letter != ' ') {
      return fail(ErrorCode::Invalid, "fragbits: \"" + std::string(value) + "\" names an unknown bit");
    }
  }
  add(builder, has_fragment_bits, wanted);
  builder.need_packet();
  return {};
}

bool has_same_addresses(const PacketContext& context, const bool& wanted) {
  return context.packet.is_ip() && (context.packet.source == context.packet.destination) == wanted;
}
Result<void> sameip(RuleBuilder& builder, std::string_view /*value*/) {
  add(builder, has_same_addresses, true);
  builder.need_packet();
  return {};
}

struct OptionName {
  std::string_view name;
  std::uint8_t type;
};
constexpr OptionName kIpOptions[] = {{"rr", 7},     {"lsrr", 131},  {"lsrre", 131}, {"eol", 0},    {"nop", 1},
                                     {"ts", 68},    {"sec", 130},   {"esec", 133},  {"ssrr", 137}, {"satid", 136},
                                     {"any", 0xff}, {"cipso", 134}, {"rtralt", 148}};

bool has_ip_option(const PacketContext& context, const std::uint8_t& wanted) {
  const auto options = context.packet.ip.options;
  if (wanted == 0xff) return !options.empty();
  for (std::size_t at = 0; at < options.size();) {
    if (options[at] == wanted) return true;
    if (options[at] == 0) return false;
    const std::size_t length = options[at] == 1 ? 1 : at + 1 < options.size() ? options[at + 1] : 0;
    if (length == 0) return false;
    at += length;
  }
  return false;
}
Result<void> ipopts(RuleBuilder& builder, std::string_view value) {
  const auto* const row = std::ranges::find(kIpOptions, value, &OptionName::name);
  if (row == std::end(kIpOptions)) return fail(ErrorCode::Invalid, "ipopts has no \"" + std::string(value) + "\"");
  add(builder, has_ip_option, row->type);
  builder.need_packet();
  return {};
}

struct ProtocolNumber {
  std::string_view name;
  std::uint8_t number;
};
constexpr ProtocolNumber kProtocols[] = {{"icmp", 1},       {"igmp", 2},   {"ipip", 4},  {"ipv4", 4},  {"tcp", 6},
                                         {"egp", 8},        {"igp", 9},    {"pup", 12},  {"udp", 17},  {"ipv6", 41},
                                         {"rsvp", 46},      {"gre", 47},   {"esp", 50},  {"ah", 51},   {"icmpv6", 58},
                                         {"ipv6-icmp", 58}, {"eigrp", 88}, {"ospf", 89}, {"pim", 103}, {"vrrp", 112},
                                         {"sctp", 132},     {"l2tp", 115}, {"ip", 0}};

bool has_protocol(const PacketContext& context, const Comparison& wanted) {
  return context.packet.is_ip() && wanted.matches(context.packet.protocol);
}
Result<void> ip_proto(RuleBuilder& builder, std::string_view value) {
  static const auto kNames = [] {
    std::vector<app::ValueName> names;
    for (const auto& row : kProtocols) names.push_back({row.name, row.number});
    return names;
  }();
  auto wanted = WD_TRY(Comparison::parse(value, Comparison::Ends::Exclusive, kNames).in("ip_proto"));
  if (wanted.lowest() == wanted.highest()) builder.rule().ip_protocol = static_cast<std::uint8_t>(wanted.lowest());
  add(builder, has_protocol, std::move(wanted));
  builder.need_packet();
  return {};
}

bool has_network(const PacketContext& context, const packet::Network& wanted) {
  return context.packet.network_kind == wanted;
}
Result<void> l3_proto(RuleBuilder& builder, std::string_view value) {
  const auto lower = to_lower_ascii(value);
  if (lower != "ipv4" && lower != "ip4" && lower != "ipv6" && lower != "ip6") {
    return fail(ErrorCode::Invalid, "l3_proto is ipv4 or ipv6");
  }
  add(builder, has_network, lower.ends_with('4') ? packet::Network::Ipv4 : packet::Network::Ipv6);
  return {};
}

struct VlanWanted {
  Comparison id = Comparison::equal(0);
  std::optional<int> layer;  // negative counts from the inside
  bool wants_all = false;
};
bool has_vlan(const PacketContext& context, const VlanWanted& wanted) {
  const int count = context.packet.vlan_count;
  if (wanted.wants_all) {
    for (int i = 0; i < count; ++i) {
      if (!wanted.id.matches(context.packet.vlan[static_cast<std::size_t>(i)])) return false;
    }
    return count > 0;
  }
  for (int i = 0; i < count; ++i) {
    if (wanted.layer && *wanted.layer != i && *wanted.layer != i - count) continue;
    if (wanted.id.matches(context.packet.vlan[static_cast<std::size_t>(i)])) return true;
  }
  return false;
}
Result<void> vlan_id(RuleBuilder& builder, std::string_view value) {
  const auto parts = split_arguments(value);
  VlanWanted wanted;
  wanted.id = WD_TRY(Comparison::parse(parts[0]).in("vlan.id"));
  wanted.wants_all = parts.size() > 1 && parts[1] == "all";
  if (parts.size() > 1 && parts[1] != "any" && parts[1] != "all") {
    wanted.layer = parse_integer<int>(parts[1]);
    if (!wanted.layer) return fail(ErrorCode::Invalid, "vlan.id: \"" + std::string(parts[1]) + "\" is not a layer");
  }
  add(builder, has_vlan, wanted);
  return {};
}

bool has_packet_event(const PacketContext& context, const packet::PacketEvent& event) {
  return context.packet.events.has(event);
}
Result<void> add_event(RuleBuilder& builder, std::string_view value, std::initializer_list<std::string_view> prefixes) {
  for (const auto prefix : prefixes) {
    if (const auto event = packet::find_packet_event(std::string(prefix) + std::string(value))) {
      add(builder, has_packet_event, *event);
      builder.rule().has_event = true;
      builder.need_packet();
      return {};
    }
  }
  return fail(ErrorCode::Invalid, "unknown event \"" + std::string(value) + "\"");
}
Result<void> decode_event(RuleBuilder& builder, std::string_view value) {
  return add_event(builder, value, {"", "decoder."});
}
Result<void> stream_event(RuleBuilder& builder, std::string_view value) {
  return add_event(builder, value, {"stream.", ""});
}
Result<void> engine_event(RuleBuilder& builder, std::string_view value) {
  return add_event(builder, value, {"", "decoder.", "stream."});
}

bool has_checksum(const PacketContext& context, const std::pair<bool, packet::Checksum>& wanted) {
  return (wanted.first ? context.packet.ip_checksum : context.packet.transport_checksum) == wanted.second;
}
Result<void> checksum(RuleBuilder& builder, std::string_view value, bool is_ip) {
  value = unquoted(value);
  if (value != "valid" && value != "invalid") return fail(ErrorCode::Invalid, "a checksum is valid or invalid");
  add(builder, has_checksum, std::pair(is_ip, value == "valid" ? packet::Checksum::Good : packet::Checksum::Bad));
  builder.need_packet();
  return {};
}
Result<void> ip_checksum(RuleBuilder& builder, std::string_view value) {
  return checksum(builder, value, true);
}
Result<void> transport_checksum(RuleBuilder& builder, std::string_view value) {
  return checksum(builder, value, false);
}

bool never(const PacketContext& /*context*/, const bool& /*unused*/) {
  return false;
}
Result<void> geoip(RuleBuilder& builder, std::string_view value) {
  if (value.empty()) return fail(ErrorCode::Invalid, "geoip needs a country");
  add(builder, never, true);
  return {};
}

template <Place kPlace>
Result<void> header(RuleBuilder& builder, std::string_view /*value*/) {
  builder.need_packet();
  return builder.select(kPlace);
}

constexpr KeywordRow kRows[] = {
    {"flags", flags, "TCP flags"},
    {"tcp.flags", flags, "TCP flags"},
    {"fragbits", fragbits, "fragment bits of IPv4"},
    {"sameip", sameip, "source and destination are the same"},
    {"ipopts", ipopts, "an IPv4 option"},
    {"ip_proto", ip_proto, "number or name of the IP protocol"},
    {"l3_proto", l3_proto, "ipv4 or ipv6"},
    {"vlan.id", vlan_id, "a VLAN id, in any layer or one"},
    {"decode-event", decode_event, "what the decoder noticed"},
    {"stream-event", stream_event, "what TCP tracking noticed"},
    {"engine-event", engine_event, "either of these"},
    {"ipv4-csum", ip_checksum, "the IPv4 checksum is valid or invalid"},
    {"tcpv4-csum", transport_checksum, "the TCP checksum is valid or invalid"},
    {"tcpv6-csum", transport_checksum, "the TCP checksum is valid or invalid"},
    {"udpv4-csum", transport_checksum, "the UDP checksum is valid or invalid"},
    {"udpv6-csum", transport_checksum, "the UDP checksum is valid or invalid"},
    {"icmpv4-csum", transport_checksum, "the ICMP checksum is valid or invalid"},
    {"icmpv6-csum", transport_checksum, "the ICMPv6 checksum is valid or invalid"},
    {"geoip", geoip, "country of an address; never matches without a database"},
    {"ipv4.hdr", header<Place::Ipv4Header>, "the IPv4 header"},
    {"ipv6.hdr", header<Place::Ipv6Header>, "the IPv6 header"},
    {"tcp.hdr", header<Place::TcpHeader>, "the TCP header"},
    {"udp.hdr", header<Place::UdpHeader>, "the UDP header"},
    {"icmpv4.hdr", header<Place::Icmp4Header>, "the ICMP header"},
    {"icmpv6.hdr", header<Place::Icmp6Header>, "the ICMPv6 header"},
    {"ip.src", header<Place::SourceAddress>, "the source address, for datasets"},
    {"ip.dst", header<Place::DestinationAddress>, "the destination address, for datasets"},
};

}  // namespace

std::span<const KeywordRow> packet_keywords() noexcept {
  return kRows;
}

}  // namespace warder::ips
