// For tests: an authority of people's certificates, with others below it, that makes right and wrong ones and lists of
// the revoked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/time.h"

namespace warder::crypto::testing {

struct TestCertificateSpec {
  std::string name = "ann";
  std::string purpose = "clientAuth";  // extendedKeyUsage; empty: without
  Timestamp not_before{};
  Timestamp not_after{};
  unsigned rsa_bits = 0;  // 0: ECDSA P-256
  bool with_sha1 = false;
};

struct TestCertificate {
  std::string pem;
  std::string key_pem;
  long serial = 0;
};

class TestClientAuthority {
 public:
  /// A root, valid for that time.
  TestClientAuthority(const std::string& name, Timestamp not_before, Timestamp not_after);
  /// One below this; `purpose`: its extendedKeyUsage.
  [[nodiscard]] TestClientAuthority below(const std::string& name, const std::string& purpose = {}) const;
  [[nodiscard]] long serial() const;
  [[nodiscard]] const std::string& pem() const noexcept { return pem_; }
  [[nodiscard]] const std::string& key_pem() const noexcept { return key_pem_; }
  [[nodiscard]] TestCertificate issue(const TestCertificateSpec& spec) const;
  /// The list of it in PEM.
  [[nodiscard]] std::string revoke(const std::vector<long>& serials, Timestamp issued, Timestamp next) const;

 private:
  struct Parts;
  TestClientAuthority() = default;
  std::shared_ptr<const Parts> parts_;
  std::string pem_;
  std::string key_pem_;
  Timestamp not_before_{};
  Timestamp not_after_{};
};

}  // namespace warder::crypto::testing
