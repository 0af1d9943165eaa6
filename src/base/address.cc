#include "base/address.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/text.h"

namespace warder {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMappedBits = 96;

/// Whether `a` and `b` agree in their first `length` bits.
bool same_prefix(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b, unsigned length) {
  const std::size_t whole = length / 8;
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) return false;
  const unsigned rest = length % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return (a.at(whole) & mask) == (b.at(whole) & mask);
}

bool has_host_bits(const IpPrefix& prefix) {
  for (unsigned bit = prefix.length; bit < 128; ++bit) {
    if ((prefix.address.bytes().at(bit / 8) & (0x80U >> bit % 8)) != 0) return true;
  }
  return false;
}

}  // namespace

IpAddress IpAddress::v4(std::uint32_t host_order) noexcept {
  IpAddress address;
  std::copy(kMapped.begin(), kMapped.end(), address.bytes_.begin());
  for (std::size_t i = 0; i < 4; ++i) address.bytes_[12 + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  return address;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& bytes) noexcept {
  IpAddress address;
  address.bytes_ = bytes;
  return address;
}

bool IpAddress::is_v4() const noexcept {
  return std::equal(kMapped.begin(), kMapped.end(), bytes_.begin());
}

bool IpAddress::is_loopback() const noexcept {
  if (is_v4()) return bytes_[12] == 127;
  return std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::uint8_t byte) { return byte == 0; }) && bytes_[15] == 1;
}

std::string IpAddress::text() const {
  char buffer[INET6_ADDRSTRLEN];
  if (is_v4()) return inet_ntop(AF_INET, bytes_.data() + 12, buffer, sizeof(buffer));
  return inet_ntop(AF_INET6, bytes_.data(), buffer, sizeof(buffer));
}

Result<IpAddress> parse_ip(std::string_view text) {
  const std::string terminated(text);
  std::array<std::uint8_t, 16> bytes{};
  // inet_pton reads to the first NUL: a text with one inside is no address.
  if (text.find('\0') == std::string_view::npos) {
    if (inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) {
      return IpAddress::v4(std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
                           std::uint32_t{bytes[2]} << 8 | bytes[3]);
    }
    if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return IpAddress::v6(bytes);
  }
  return fail(ErrorCode::Invalid, "not an IP address");
}

bool IpPrefix::contains(const IpAddress& other) const noexcept {
  return same_prefix(address.bytes(), other.bytes(), length);
}

std::string IpPrefix::text() const {
  if (address.is_v4() && length >= kMappedBits) return address.text() + "/" + std::to_string(length - kMappedBits);
  return address.text() + "/" + std::to_string(length);
}

Result<IpPrefix> parse_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  const IpAddress address = WD_TRY(parse_ip(text.substr(0, slash)));
  IpPrefix prefix{address, 128};
  if (slash == std::string_view::npos) return prefix;
  const unsigned bits = address.is_v4() ? 32 : 128;
  const auto length = parse_integer<std::uint8_t>(text.substr(slash + 1));
  if (!length || *length > bits) {
    return fail(ErrorCode::Invalid, "the prefix length is not in 0.." + std::to_string(bits));
  }
  prefix.length = static_cast<std::uint8_t>(*length + (128 - bits));
  if (has_host_bits(prefix)) return fail(ErrorCode::Invalid, "bits after the prefix length are not zero");
  return prefix;
}

std::string HostPort::text() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<HostPort> parse_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return fail(ErrorCode::Invalid, "the port is missing (host:port)");
  const auto port = parse_integer<std::uint16_t>(text.substr(colon + 1));
  if (!port) return fail(ErrorCode::Invalid, "the port is not in 0..65535");
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    const auto address = parse_ip(host);
    if (!address || host.find(':') == std::string_view::npos) {
      return fail(ErrorCode::Invalid, "no IPv6 address inside the brackets");
    }
  } else if (host.find_first_of(":[]/@ ") != std::string_view::npos) {
    return fail(ErrorCode::Invalid, "an IPv6 address needs brackets ([2001:db8::1]:443), a name has none of :[]/@");
  }
  if (host.empty()) return fail(ErrorCode::Invalid, "the host is missing (host:port)");
  return HostPort{std::string(host), *port};
}

namespace {

IpPrefix v4(std::uint32_t address, std::uint8_t length) {
  return {IpAddress::v4(address), static_cast<std::uint8_t>(96 + length)};
}
IpPrefix v6(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d, std::uint8_t length) {
  return {IpAddress::v6({a, b, c, d}), length};
}

}  // namespace

bool is_public(const IpAddress& address) {
  // IANA's registries of special-purpose addresses (RFC 6890), and what holds an IPv4 address inside.
  static const std::array kSpecial = {
      v4(0x00000000, 8),  v4(0x0a000000, 8),  v4(0x64400000, 10), v4(0x7f000000, 8),  v4(0xa9fe0000, 16),
      v4(0xac100000, 12), v4(0xc0000000, 24), v4(0xc0000200, 24), v4(0xc0586300, 24), v4(0xc0a80000, 16),
      v4(0xc6120000, 15), v4(0xc6336400, 24), v4(0xcb007100, 24), v4(0xe0000000, 4),  v4(0xf0000000, 4),
  };
  static const std::array kSpecialV6 = {
      v6(0x20, 0x01, 0x0d, 0xb8, 32),  // documentation
      v6(0x20, 0x01, 0x00, 0x00, 23),  // protocol assignments, Teredo
      v6(0x20, 0x02, 0x00, 0x00, 16),  // 6to4
  };
  const auto is_in = [&](const IpPrefix& network) { return network.contains(address); };
  if (address.is_v4()) return std::ranges::none_of(kSpecial, is_in);
  const bool is_global_unicast = (address.bytes()[0] & 0xe0U) == 0x20;  // 2000::/3, RFC 4291 §2.4
  return is_global_unicast && std::ranges::none_of(kSpecialV6, is_in);
}

}  // namespace warder
