// IP addresses, prefixes and host:port pairs.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace warder {

/// An IPv4 or IPv6 address, kept as 16 bytes (IPv4 mapped, RFC 4291 §2.5.5.2) so that both compare and store alike.
class IpAddress {
 public:
  IpAddress() = default;
  static IpAddress v4(std::uint32_t host_order) noexcept;
  static IpAddress v6(const std::array<std::uint8_t, 16>& bytes) noexcept;

  [[nodiscard]] bool is_v4() const noexcept;
  [[nodiscard]] bool is_loopback() const noexcept;
  [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const noexcept { return bytes_; }
  /// RFC 5952.
  [[nodiscard]] std::string text() const;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

Result<IpAddress> parse_ip(std::string_view text);

/// An address and a prefix length: "192.0.2.0/24", "2001:db8::/32", or a bare address. Host bits must be zero.
struct IpPrefix {
  IpAddress address;
  std::uint8_t length = 128;  // in the 16-byte form: an IPv4 /24 is 120

  [[nodiscard]] bool contains(const IpAddress& other) const noexcept;
  [[nodiscard]] std::string text() const;
  friend auto operator<=>(const IpPrefix&, const IpPrefix&) = default;
};
Result<IpPrefix> parse_prefix(std::string_view text);

/// Not loopback, private, link-local, shared, documentation, multicast or otherwise special (IANA's registries, RFC
/// 6890): what somebody else's URL may reach.
bool is_public(const IpAddress& address);

/// "host:port", "[v6]:port"; the port is required.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
  [[nodiscard]] std::string text() const;
  friend bool operator==(const HostPort&, const HostPort&) = default;
};
Result<HostPort> parse_host_port(std::string_view text);

}  // namespace warder
