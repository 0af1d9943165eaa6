// A small certificate authority and the keys of its subjects: ECDSA P-256, SHA-256, PEM. RFC 5280.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace warder::crypto {

/// A private key and what can be made with it; PEM is PKCS#8 without encryption: files of it are mode 0600.
struct KeyPair {
  std::string private_pem;
  static KeyPair generate();
};

/// PKCS#10 request in DER, signed by the key; the subject is what the issuer decides, so it is left empty. Invalid when
/// the PEM holds no P-256 key.
Result<Bytes> make_csr(const KeyPair& key);

struct CertificateSpec {
  std::string common_name;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  std::vector<std::string> uris;  // "warder://tenant/<id>/agent/<id>": how a certificate names an agent
  Timestamp not_before;
  Timestamp not_after;     // cut to the authority's own end
  bool is_server = false;  // else client (extendedKeyUsage)
};

class CertificateAuthority {
 public:
  /// Self-signed, pathlen 0, name constraint none.
  static Result<CertificateAuthority> create(std::string_view common_name, Timestamp not_before, Timestamp not_after);
  static Result<CertificateAuthority> load(std::string_view certificate_pem, std::string_view private_pem);

  [[nodiscard]] const std::string& certificate_pem() const noexcept { return certificate_pem_; }
  [[nodiscard]] const std::string& private_pem() const noexcept { return private_pem_; }
  /// SHA-256 of the DER, lower-case hex: what enrolment tokens pin.
  [[nodiscard]] std::string fingerprint() const;

  /// Issues for the key in the request, whose signature is checked; returns the leaf's PEM. Serial is 16 random bytes.
  Result<std::string> issue(ByteView csr_der, const CertificateSpec& spec) const;
  Result<std::string> issue(const KeyPair& key, const CertificateSpec& spec) const;

 private:
  CertificateAuthority(std::string certificate_pem, std::string private_pem)
      : certificate_pem_(std::move(certificate_pem)), private_pem_(std::move(private_pem)) {}
  std::string certificate_pem_;
  std::string private_pem_;
};

/// What a certificate says.
struct PeerCertificate {
  std::string common_name;
  std::vector<std::string> uris;
  std::string serial;       // hex
  std::string fingerprint;  // SHA-256 of the DER, hex
  Timestamp not_before;
  Timestamp not_after;
};
/// The first certificate of the PEM; Invalid when it is none, or when a name in it holds a NUL.
Result<PeerCertificate> read_certificate(std::string_view pem);

}  // namespace warder::crypto
