// X.509 certificates of people: what a TLS client has shown, and whether an authority vouches for it at a moment.
// RFC 5280.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/pki.h"

namespace warder::crypto {

/// What a client has shown at a listener that only asks (TlsServerOptions::asks_client_certificate). That it holds the
/// key is proven; whose it is and whether it holds is not: that is what check_client_certificate() is for.
struct ShownCertificate {
  Bytes certificate;          // DER
  std::vector<Bytes> others;  // those it sent beside it, for a chain
  PeerCertificate says;
};
/// Nothing when the client showed none, or one whose names cannot be read; nor at a listener that verifies them itself,
/// see peer_certificate().
std::shared_ptr<const ShownCertificate> shown_certificate(SSL* ssl);
/// The first certificate of the PEM, with the rest as others. Invalid when there is none.
Result<ShownCertificate> read_shown_certificate(std::string_view pem);

/// Why a certificate does not hold.
enum class CertificateFault : std::uint8_t {
  None,
  Expired,
  NotYetValid,
  UnknownAuthority,  // no chain to this authority, or a signature in it is wrong
  WrongPurpose,      // no clientAuth in its extended key usage, or a CA's
  Revoked,
  StaleRevocations,  // the list of an authority in the chain is over, or there is none of it
  ChainTooLong,
  Weak,  // a key or a signature below 112 bits: RSA below 2048, SHA-1
};
/// "expired", "unknown-authority", …
std::string_view name(CertificateFault fault) noexcept;

inline constexpr int kMaxCertificateDepth = 3;  // authorities between a person's certificate and the trusted one
inline constexpr std::size_t kMaxShownCertificates = 8;
inline constexpr std::size_t kMaxRevocationBytes = 1'000'000;

/// An authority of people's certificates and its revocation lists. Immutable; thread-safe.
class ClientAuthority {
 public:
  /// `certificate_pem`: one certificate of a CA, root or not. `revocations_pem`: lists of it and of the authorities
  /// below it; empty: nobody is asked for revocations. Invalid when it is no CA or what is there is none of these.
  static Result<ClientAuthority> load(std::string_view certificate_pem, std::string_view revocations_pem);
  ~ClientAuthority();
  ClientAuthority(ClientAuthority&&) noexcept;
  ClientAuthority& operator=(ClientAuthority&&) noexcept;
  ClientAuthority(const ClientAuthority&) = delete;
  ClientAuthority& operator=(const ClientAuthority&) = delete;

  [[nodiscard]] const PeerCertificate& says() const noexcept;
  /// "CN=Example Staff CA,O=Example"
  [[nodiscard]] const std::string& subject() const noexcept;

  struct Revocations {
    Timestamp issued;
    Timestamp next;
    std::size_t certificates = 0;
  };
  /// Of its own list, whose signature was checked. Invalid when there is none of it among them.
  [[nodiscard]] Result<Revocations> own_revocations() const;
  /// Whether it vouches at that time for the certificate as a person's. Once it has a list, every authority of the
  /// chain needs one that is not over.
  [[nodiscard]] CertificateFault check(const ShownCertificate& shown, Timestamp now) const;

 private:
  struct Parts;
  explicit ClientAuthority(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace warder::crypto
