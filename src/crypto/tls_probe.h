// What a TLS server really does, seen from outside: handshakes with any version and cipher, those that nobody should
// use any more among them. For measuring, never for talking: the certificate is looked at, not trusted.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/result.h"
#include "base/time.h"

namespace warder::crypto {

enum class TlsVersion : std::uint8_t { Tls10, Tls11, Tls12, Tls13 };
std::string_view name(TlsVersion version) noexcept;  // "TLS 1.0"

struct TlsOffer {
  TlsVersion lowest = TlsVersion::Tls12;
  TlsVersion highest = TlsVersion::Tls13;
  std::string ciphers;      // of TLS 1.2 and before, as OpenSSL lists them; empty: all
  std::string server_name;  // sent as SNI unless empty
};

/// How a handshake ended.
struct TlsHandshake {
  bool is_accepted = false;
  std::string negotiated;              // "TLSv1.3 TLS_AES_256_GCM_SHA384"; empty when refused
  std::string refusal;                 // what the server said instead
  std::optional<Timestamp> not_after;  // of its certificate
};

/// One handshake. Unavailable when nobody answers, Timeout when the server stalls: both say nothing about TLS.
Result<TlsHandshake> probe_tls(const HostPort& server, const TlsOffer& offer, std::chrono::seconds limit);

/// Sends `request` (a whole HTTP/1.1 request with "connection: close") and returns what comes back, at most
/// `max_bytes`. Errors as above, and Unavailable when the handshake is refused.
Result<std::string> exchange_over_tls(const HostPort& server, std::string_view request, std::chrono::seconds limit,
                                      std::size_t max_bytes);

/// The same without TLS: what a server that speaks TLS alone must not answer as HTTP.
Result<std::string> exchange_in_the_clear(const HostPort& server, std::string_view request, std::chrono::seconds limit,
                                          std::size_t max_bytes);

}  // namespace warder::crypto
