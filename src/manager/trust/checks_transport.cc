#include "crypto/tls_probe.h"
#include "manager/trust/checks.h"

namespace warder::manager {
namespace {

using crypto::TlsVersion;
constexpr std::chrono::seconds kLimit{5};
constexpr std::chrono::days kLeastLife{7};
// Without forward secrecy, without authenticated encryption, or both.
constexpr const char* kWeakCiphers =
    "AES128-SHA:AES256-SHA:AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES256-SHA384:"
    "ECDHE-ECDSA-AES256-SHA384";

struct Attempt {
  std::string what;
  crypto::TlsOffer offer;
};

/// What must be refused.
std::vector<Attempt> forbidden(bool tls13_only) {
  std::vector<Attempt> attempts = {
      {"TLS 1.0", {TlsVersion::Tls10, TlsVersion::Tls10, {}, {}}},
      {"TLS 1.1", {TlsVersion::Tls11, TlsVersion::Tls11, {}, {}}},
      {"a weak cipher", {TlsVersion::Tls12, TlsVersion::Tls12, kWeakCiphers, {}}},
  };
  if (tls13_only) attempts.push_back({"TLS 1.2", {TlsVersion::Tls12, TlsVersion::Tls12, {}, {}}});
  return attempts;
}

/// Nothing, or what it does that it must not.
Result<std::optional<std::string>> find_weakness(const TrustEndpoint& endpoint, bool tls13_only) {
  // That somebody answers as it should is what makes refusals mean something.
  const auto good = WD_TRY(crypto::probe_tls(endpoint.at, {}, kLimit).in(endpoint.name));
  if (!good.is_accepted) return fail(ErrorCode::Unavailable, endpoint.name + ": no handshake: " + good.refusal);
  for (const Attempt& attempt : forbidden(tls13_only)) {
    const auto tried = WD_TRY(crypto::probe_tls(endpoint.at, attempt.offer, kLimit).in(endpoint.name));
    if (tried.is_accepted) return std::optional(endpoint.name + " accepts " + attempt.what + ": " + tried.negotiated);
  }
  const auto clear = WD_TRY(crypto::exchange_in_the_clear(
      endpoint.at, "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", kLimit, 4096));
  if (clear.starts_with("HTTP/1.1 2") || clear.starts_with("HTTP/1.0 2"))
    return std::optional(endpoint.name + " answers without TLS");
  return std::optional<std::string>();
}

Result<CheckOutcome> check_endpoints(const std::vector<TrustEndpoint>& endpoints, bool tls13_only) {
  for (const TrustEndpoint& endpoint : endpoints) {
    const auto weakness = WD_TRY(find_weakness(endpoint, tls13_only));
    if (weakness) return failed(*weakness);
  }
  return passed("old versions, weak ciphers and requests without TLS are refused");
}

}  // namespace

Result<CheckOutcome> check_api_tls(const CheckParts& parts, const std::stop_token& /*stop*/) {
  return check_endpoints(parts.api, false);
}

Result<CheckOutcome> check_gateway_tls(const CheckParts& parts, const std::stop_token& /*stop*/) {
  return check_endpoints({parts.gateway}, true);
}

Result<CheckOutcome> check_certificates(const CheckParts& parts, const std::stop_token& /*stop*/) {
  std::vector<TrustEndpoint> all = parts.api;
  all.push_back(parts.gateway);
  for (const TrustEndpoint& endpoint : all) {
    const auto shaken = WD_TRY(crypto::probe_tls(endpoint.at, {}, kLimit).in(endpoint.name));
    if (!shaken.not_after) return fail(ErrorCode::Unavailable, endpoint.name + ": shows no certificate");
    if (*shaken.not_after < parts.clock.now() + kLeastLife)
      return failed(endpoint.name + ": its certificate ends at " + to_rfc3339(*shaken.not_after));
  }
  return passed("all certificates hold for at least a week");
}

}  // namespace warder::manager
