// Certificates in PEM and certificate requests in DER, as strangers send them.
#include <cstdint>
#include <cstdlib>

#include "crypto/pki.h"

namespace {

const warder::crypto::CertificateAuthority& authority() {
  using namespace warder;
  static const auto kAuthority =
      crypto::CertificateAuthority::create("Fuzz CA", from_micros(0), from_micros(4'000'000'000'000'000)).value();
  return kAuthority;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder;
  const ByteView bytes{data, size};
  const auto read = crypto::read_certificate(as_text(bytes));
  if (read && (read->fingerprint.size() != 64 || read->common_name.find('\0') != std::string::npos)) std::abort();
  crypto::CertificateSpec spec;
  spec.common_name = "agent";
  spec.uris = {"warder://tenant/t/agent/a"};
  spec.not_before = from_micros(1'000'000);
  spec.not_after = from_micros(2'000'000'000'000);
  const auto issued = authority().issue(bytes, spec);
  // What the request says of itself never gets into the certificate.
  if (issued && crypto::read_certificate(*issued).value().uris != spec.uris) std::abort();
  return 0;
}
