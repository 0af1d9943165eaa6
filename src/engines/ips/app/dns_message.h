// One DNS message (RFC 1035, 6891): header, questions and resource records with the names decompressed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace warder::ips::app {

/// What is odd about a message that could nevertheless be read; bits, so that one message can have several.
enum class DnsOddity : std::uint8_t {
  NameTooLong = 1,     // over 1025 characters: cut there
  InfiniteLoop = 2,    // compression pointers that never end
  TooManyLabels = 4,   // over 255 labels: cut there
  BadAdditionals = 8,  // that section could not be read; the ones before it could
  BadAuthorities = 16,
  TrailingBytes = 32,
};

struct DnsRecord {
  std::string name;
  std::uint16_t type = 0;
  std::uint16_t dns_class = 0;
  std::uint32_t ttl = 0;
  ByteView rdata;          // into the message
  std::string rdata_name;  // of CNAME, NS, PTR, MX, SOA (its first name), SRV; else empty
};

struct DnsQuestion {
  std::string name;
  std::uint16_t type = 0;
  std::uint16_t dns_class = 0;
};

struct DnsMessage {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  std::vector<DnsQuestion> questions;
  std::vector<DnsRecord> answers;
  std::vector<DnsRecord> authorities;
  std::vector<DnsRecord> additionals;
  std::uint8_t oddities = 0;  // of DnsOddity

  [[nodiscard]] bool is_response() const noexcept { return (flags & 0x8000U) != 0; }
  [[nodiscard]] std::uint8_t opcode() const noexcept { return static_cast<std::uint8_t>(flags >> 11U & 0xfU); }
  /// With the upper bits that an OPT record brings.
  [[nodiscard]] std::uint16_t rcode() const noexcept;
  [[nodiscard]] bool has_z_flag() const noexcept { return (flags & 0x40U) != 0; }
  [[nodiscard]] bool has(DnsOddity oddity) const noexcept {
    return (oddities & static_cast<std::uint8_t>(oddity)) != 0;
  }
};

inline constexpr std::size_t kDnsHeaderBytes = 12;
inline constexpr std::size_t kMaxDnsRecords = 1024;  // of one section: more are not kept

/// Corrupt when header, questions or answers do not fit; later sections that do not fit are an oddity.
Result<DnsMessage> parse_dns_message(ByteView message);

/// Whether the bytes look like the start of a DNS message of either direction, judged by the header's counts, the
/// opcode and the first question; never by the port. `size` is the length of the message, of which `start` may be only
/// the first part.
bool is_probably_dns(ByteView start, std::size_t size);

}  // namespace warder::ips::app
