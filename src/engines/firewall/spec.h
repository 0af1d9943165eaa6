// A rule in the form that the engine works with: every text parsed, lists and names resolved, addresses sorted.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "engines/firewall/policy.h"

namespace warder::firewall {

enum class RuleAction : std::uint8_t { Bypass, LogOnly, ForceAllow, Deny, Allow };  // the order within one priority
enum class Direction : std::uint8_t { Incoming, Outgoing };
enum class Family : std::uint8_t { V4, V6 };
enum class Side : std::uint8_t { Source, Destination };

std::string_view name(RuleAction action) noexcept;
std::string_view name(Direction direction) noexcept;

inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kIcmp6 = 58;
inline constexpr std::uint8_t kSctp = 132;

/// TCP flags as in the header (RFC 9293 §3.1).
inline constexpr std::uint8_t kFin = 0x01;
inline constexpr std::uint8_t kSyn = 0x02;
inline constexpr std::uint8_t kRst = 0x04;
inline constexpr std::uint8_t kPsh = 0x08;
inline constexpr std::uint8_t kAck = 0x10;
inline constexpr std::uint8_t kUrg = 0x20;
inline constexpr std::uint8_t kEce = 0x40;
inline constexpr std::uint8_t kCwr = 0x80;

template <class T>
struct Range {
  T first{};
  T last{};
  [[nodiscard]] bool contains(const T& value) const noexcept { return first <= value && value <= last; }
  friend auto operator<=>(const Range&, const Range&) = default;
};
using AddressRange = Range<IpAddress>;  // both ends of one family
using PortRange = Range<std::uint16_t>;
using Mac = std::array<std::uint8_t, 6>;

/// Something that is in a list, or with `negated` anything but. No items: no condition.
template <class T>
struct OneOf {
  std::vector<T> items;
  bool negated = false;
  [[nodiscard]] bool is_any() const noexcept { return items.empty(); }
  friend bool operator==(const OneOf&, const OneOf&) = default;
};

struct FlagTest {
  std::uint8_t mask = 0;
  std::uint8_t value = 0;
  bool negated = false;
  friend bool operator==(const FlagTest&, const FlagTest&) = default;
};

struct IcmpTest {
  std::uint8_t type = 0;
  std::optional<std::uint8_t> code;
  friend bool operator==(const IcmpTest&, const IcmpTest&) = default;
};

inline constexpr std::uint16_t kEtherArp = 0x0806;
inline constexpr std::uint16_t kEtherRarp = 0x8035;

struct RuleSpec {
  std::string id;
  RuleAction action = RuleAction::Allow;
  std::uint8_t priority = 0;
  Direction direction = Direction::Incoming;
  bool is_v4 = true;
  bool is_v6 = true;
  std::vector<std::uint16_t> ether_types;  // other frames that match; ARP is among them for "any"
  OneOf<std::uint8_t> protocols;
  OneOf<AddressRange> source;  // sorted, not overlapping
  OneOf<AddressRange> destination;
  OneOf<PortRange> source_ports;
  OneOf<PortRange> destination_ports;
  OneOf<Mac> source_macs;
  OneOf<Mac> destination_macs;
  std::optional<FlagTest> tcp_flags;
  OneOf<IcmpTest> icmp;
  OneOf<std::string> interfaces;
  int schedule = -1;  // index into the policy's list
  int context = -1;
  bool log = true;
  bool packet_data = false;
  bool alert = false;
};

/// The rules that are enabled, in the order of the policy. Invalid names the place: "/rules/3/source_ports/0: …". What
/// cannot be kept is refused, never left out.
Result<std::vector<RuleSpec>> resolve_rules(const Policy& policy);

/// Sorted, with what overlaps or touches made one.
std::vector<AddressRange> merged(std::vector<AddressRange> ranges);
std::vector<PortRange> merged(std::vector<PortRange> ranges);

/// "192.0.2.1", "192.0.2.0/24", "192.0.2.0/255.255.255.0", "192.0.2.1-192.0.2.9", and IPv6 alike. Host bits behind a
/// prefix are ignored.
Result<AddressRange> parse_address_range(std::string_view text);
Result<PortRange> parse_port_range(std::string_view text);
Result<Mac> parse_mac(std::string_view text);
Result<std::uint8_t> parse_protocol(std::string_view text);
std::string protocol_name(std::uint8_t protocol);
/// "echo-request", "8", "3/4"; names of both families.
Result<IcmpTest> parse_icmp(std::string_view text);
/// "syn", "syn,ack", "none" as bits.
Result<std::uint8_t> parse_flags(std::string_view text);
std::string flags_text(std::uint8_t flags);
std::string text(const AddressRange& range);
std::string text(const PortRange& range);
std::string text(const Mac& mac);
/// A trailing * is any rest.
bool matches_interface(std::string_view pattern, std::string_view name) noexcept;
Result<void> check_interface_pattern(std::string_view pattern);

}  // namespace warder::firewall
