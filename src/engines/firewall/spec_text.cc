// The small texts in rules: addresses, ports, flags, ICMP types.
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/text.h"
#include "engines/firewall/spec.h"

namespace warder::firewall {
namespace {

struct Named {
  std::string_view name;
  std::uint8_t number;
};

// IANA protocol numbers.
constexpr Named kProtocols[] = {{"icmp", 1},    {"igmp", 2}, {"ggp", 3},    {"tcp", 6},       {"pup", 12},
                                {"udp", 17},    {"idp", 22}, {"gre", 47},   {"esp", 50},      {"ah", 51},
                                {"icmpv6", 58}, {"nd", 77},  {"sctp", 132}, {"udplite", 136}, {"raw", 255}};

// ICMP (RFC 792) and ICMPv6 (RFC 4443, 4861) types; echo stands for both families by protocol.
constexpr Named kIcmpNames[] = {{"echo-reply", 0},
                                {"destination-unreachable", 3},
                                {"source-quench", 4},
                                {"redirect", 5},
                                {"echo-request", 8},
                                {"router-advertisement", 9},
                                {"router-solicitation", 10},
                                {"time-exceeded", 11},
                                {"parameter-problem", 12},
                                {"timestamp-request", 13},
                                {"timestamp-reply", 14},
                                {"v6-destination-unreachable", 1},
                                {"v6-packet-too-big", 2},
                                {"v6-time-exceeded", 3},
                                {"v6-parameter-problem", 4},
                                {"v6-echo-request", 128},
                                {"v6-echo-reply", 129},
                                {"v6-router-solicitation", 133},
                                {"v6-router-advertisement", 134},
                                {"v6-neighbour-solicitation", 135},
                                {"v6-neighbour-advertisement", 136}};

constexpr Named kFlags[] = {{"fin", kFin}, {"syn", kSyn}, {"rst", kRst}, {"psh", kPsh},
                            {"ack", kAck}, {"urg", kUrg}, {"ece", kEce}, {"cwr", kCwr}};

tl::unexpected<Error> wrong(std::string_view text, std::string_view what) {
  return fail(ErrorCode::Invalid, fmt::format("\"{}\" is not {}", text.substr(0, 80), what));
}

const Named* find_named(std::span<const Named> all, std::string_view name) {
  const auto at = std::find_if(all.begin(), all.end(), [&](const Named& n) { return n.name == name; });
  return at == all.end() ? nullptr : &*at;
}

IpAddress with_low_bits(const IpAddress& address, unsigned prefix, bool ones) {
  auto bytes = address.bytes();
  for (unsigned bit = prefix; bit < 128; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> bit % 8);
    if (ones) {
      bytes.at(bit / 8) = static_cast<std::uint8_t>(bytes.at(bit / 8) | mask);
    } else {
      bytes.at(bit / 8) = static_cast<std::uint8_t>(bytes.at(bit / 8) & ~mask);
    }
  }
  return IpAddress::v6(bytes);
}

/// 255.255.255.0 → 24; nullopt when the ones are not together.
std::optional<unsigned> mask_length(const IpAddress& mask) {
  const auto& b = mask.bytes();
  const auto bits = static_cast<std::uint32_t>(b[12] << 24 | b[13] << 16 | b[14] << 8 | b[15]);
  const auto length = static_cast<unsigned>(std::countl_one(bits));
  if (length < 32 && (bits << length) != 0) return std::nullopt;
  return length;
}

Result<unsigned> prefix_length(std::string_view whole, const IpAddress& address, std::string_view length) {
  const unsigned most = address.is_v4() ? 32 : 128;
  if (const auto number = parse_integer<unsigned>(length); number && *number <= most) return *number;
  if (const auto mask = parse_ip(length); address.is_v4() && mask && mask->is_v4())
    if (const auto bits = mask_length(*mask)) return *bits;
  return wrong(whole, "an address and a prefix length or mask");
}

}  // namespace

Result<AddressRange> parse_address_range(std::string_view text) {
  constexpr std::string_view kWanted = "an address, a prefix like 192.0.2.0/24 or a range like 192.0.2.1-192.0.2.9";
  if (const auto dash = text.find('-'); dash != std::string_view::npos) {
    const auto first = parse_ip(trim(text.substr(0, dash)));
    const auto last = parse_ip(trim(text.substr(dash + 1)));
    if (!first || !last || first->is_v4() != last->is_v4()) return wrong(text, kWanted);
    if (*last < *first) return wrong(text, "a range: its end is before its beginning");
    return AddressRange{*first, *last};
  }
  const auto slash = text.find('/');
  const auto address = parse_ip(text.substr(0, slash));
  if (!address) return wrong(text, kWanted);
  if (slash == std::string_view::npos) return AddressRange{*address, *address};
  const unsigned length = WD_TRY(prefix_length(text, *address, text.substr(slash + 1))) + (address->is_v4() ? 96 : 0);
  return AddressRange{with_low_bits(*address, length, false), with_low_bits(*address, length, true)};
}

Result<PortRange> parse_port_range(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = parse_integer<std::uint16_t>(trim(text.substr(0, dash)));
  const auto last = dash == std::string_view::npos ? first : parse_integer<std::uint16_t>(trim(text.substr(dash + 1)));
  if (!first || !last || *last < *first) return wrong(text, "a port 0..65535 or a range like 1024-65535");
  return PortRange{*first, *last};
}

Result<Mac> parse_mac(std::string_view text) {
  Mac mac{};
  if (text.size() != 17) return wrong(text, "a hardware address like 00:00:5e:00:53:01");
  for (std::size_t i = 0; i < 6; ++i) {
    const auto byte = from_hex(text.substr(i * 3, 2));
    if (!byte || (i < 5 && text[i * 3 + 2] != ':' && text[i * 3 + 2] != '-'))
      return wrong(text, "a hardware address like 00:00:5e:00:53:01");
    mac.at(i) = byte->front();
  }
  return mac;
}

Result<std::uint8_t> parse_protocol(std::string_view text) {
  if (const Named* named = find_named(kProtocols, text)) return named->number;
  if (const auto number = parse_integer<std::uint8_t>(text)) return *number;
  return wrong(text, "a protocol: any, tcp, udp, tcp-udp, icmp, icmpv6, igmp, sctp … or a number 0..255");
}

std::string protocol_name(std::uint8_t protocol) {
  for (const Named& named : kProtocols)
    if (named.number == protocol) return std::string(named.name);
  return std::to_string(protocol);
}

Result<IcmpTest> parse_icmp(std::string_view text) {
  const auto slash = text.find('/');
  const std::string_view type = text.substr(0, slash);
  IcmpTest test;
  if (const Named* named = find_named(kIcmpNames, type)) {
    test.type = named->number;
  } else if (const auto number = parse_integer<std::uint8_t>(type)) {
    test.type = *number;
  } else {
    return wrong(text, "an ICMP type: 0..255 or a name like echo-request, and after a slash a code");
  }
  if (slash != std::string_view::npos) {
    test.code = parse_integer<std::uint8_t>(text.substr(slash + 1));
    if (!test.code) return wrong(text, "an ICMP type and code: the code is 0..255");
  }
  return test;
}

Result<std::uint8_t> parse_flags(std::string_view text) {
  std::uint8_t bits = 0;
  if (text.empty() || text == "none") return bits;
  for (const std::string_view part : split(text, ',')) {
    const Named* named = find_named(kFlags, part);
    if (named == nullptr) return wrong(part, "a TCP flag: fin, syn, rst, psh, ack, urg, ece, cwr");
    bits = static_cast<std::uint8_t>(bits | named->number);
  }
  return bits;
}

std::string flags_text(std::uint8_t flags) {
  std::string out;
  for (const Named& named : kFlags) {
    if ((flags & named.number) == 0) continue;
    if (!out.empty()) out += ',';
    out += named.name;
  }
  return out.empty() ? "none" : out;
}

std::string text(const AddressRange& range) {
  if (range.first == range.last) return range.first.text();
  const unsigned least = range.first.is_v4() ? 96 : 0;
  for (unsigned length = least; length < 128; ++length) {
    if (with_low_bits(range.first, length, false) == range.first &&
        with_low_bits(range.first, length, true) == range.last)
      return fmt::format("{}/{}", range.first.text(), length - least);
  }
  return fmt::format("{}-{}", range.first.text(), range.last.text());
}

std::string text(const PortRange& range) {
  return range.first == range.last ? fmt::format("{}", range.first) : fmt::format("{}-{}", range.first, range.last);
}

std::string text(const Mac& mac) {
  return fmt::format("{:02x}", fmt::join(mac, ":"));
}

bool matches_interface(std::string_view pattern, std::string_view name) noexcept {
  if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == name;
}

Result<void> check_interface_pattern(std::string_view pattern) {
  const std::string_view base = pattern.ends_with('*') ? pattern.substr(0, pattern.size() - 1) : pattern;
  const bool is_good = !pattern.empty() && pattern.size() <= 15 &&  // linux/if.h: IFNAMSIZ is 16
                       std::all_of(base.begin(), base.end(), [](char c) {
                         return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                std::string_view("._-@:").find(c) != std::string_view::npos;
                       });
  if (!is_good || pattern == "*") return wrong(pattern, "the name of an interface, with * only at its end");
  return {};
}

}  // namespace warder::firewall
