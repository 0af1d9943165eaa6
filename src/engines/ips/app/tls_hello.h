// TLS hello messages (RFC 8446 §4.1, RFC 5246 §7.4.1) and the fingerprints made of them: JA3, JA3S and JA4.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace warder::ips::app {

/// What is odd about a hello's server name; bits.
enum class SniOddity : std::uint8_t { Multiple = 1, BadType = 2, BadLength = 4 };

struct TlsHello {
  bool is_client = true;
  std::uint16_t legacy_version = 0;
  std::uint16_t version =
      0;            // the supported_versions extension's where there is one: a server's choice, a client's best
  ByteView random;  // 32 bytes
  ByteView session_id;
  std::vector<std::uint16_t> ciphers;  // of a server: the one it chose
  std::vector<std::uint16_t> extensions;
  std::vector<std::uint16_t> groups;
  Bytes point_formats;
  std::vector<std::uint16_t> signature_algorithms;
  std::vector<std::string> alpn;
  std::string sni;
  std::uint8_t sni_oddities = 0;  // of SniOddity
  bool has_session_ticket = false;
};

/// `body` is the handshake message behind its 4-byte header.
Result<TlsHello> parse_client_hello(ByteView body);
Result<TlsHello> parse_server_hello(ByteView body);

/// RFC 8701 values, which clients add to keep servers honest.
constexpr bool is_grease(std::uint16_t value) noexcept {
  return (value & 0x0f0fU) == 0x0a0aU && (value >> 8U) == (value & 0xffU);
}

/// The text whose MD5 is JA3 of a client's hello, or JA3S of a server's.
std::string ja3_string(const TlsHello& hello);
/// JA4 of a client's hello; over QUIC the first letter is q.
std::string ja4(const TlsHello& hello, bool is_quic);

}  // namespace warder::ips::app
