// For tests: the stand-in for AWS KMS (tests/keys/aws_kms.py) as a process, and a SoftHSM token of the test's own.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

#include "keys/aws_kms.h"
#include "keys/pkcs11_token.h"

namespace warder::keys::testing {

/// Ends with this.
class KmsStandIn {
 public:
  explicit KmsStandIn(const std::string& session_token = "");
  ~KmsStandIn();
  KmsStandIn(const KmsStandIn&) = delete;
  KmsStandIn& operator=(const KmsStandIn&) = delete;

  /// "rotate", "down", "hang", "up".
  void control(const std::string& command) const;
  /// With a credentials file that holds.
  [[nodiscard]] AwsKmsOptions options() const;
  /// Writes the credentials file anew.
  void set_credentials(const std::string& secret, const std::string& token) const;

 private:
  std::filesystem::path folder_;
  pid_t process_ = -1;
  int port_ = 0;
};

/// Root keys of their own label in the process's SoftHSM token.
class SoftHsmToken {
 public:
  SoftHsmToken();
  ~SoftHsmToken();
  SoftHsmToken(const SoftHsmToken&) = delete;
  SoftHsmToken& operator=(const SoftHsmToken&) = delete;
  [[nodiscard]] const Pkcs11Options& options() const noexcept { return options_; }
  void set_pin(const std::string& pin) const;

 private:
  Pkcs11Options options_;
};

}  // namespace warder::keys::testing
