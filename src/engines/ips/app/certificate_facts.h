// What rules ask of an X.509 certificate seen on the wire: names, serial number, fingerprint, validity.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace warder::ips::app {

struct CertificateFacts {
  std::string subject;  // "C=FR, O=Example, CN=host"
  std::string issuer;
  std::string serial;                          // "0A:1B:…", upper case
  std::string fingerprint;                     // SHA-1 of the DER, "0a:1b:…", lower case
  std::vector<std::string> alternative_names;  // DNS names and addresses of subjectAltName, at most 64
  std::int64_t not_before = 0;                 // Unix seconds
  std::int64_t not_after = 0;
};

inline constexpr std::size_t kMaxCertificateBytes = 64UL * 1024;

/// Corrupt when the DER does not parse or is over kMaxCertificateBytes.
Result<CertificateFacts> parse_certificate(ByteView der);

}  // namespace warder::ips::app
