// Root keys in AWS KMS: what is wrapped goes there and comes back, over TLS, signed with Signature Version 4.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "crypto/key_provider.h"

namespace warder::keys {

struct AwsKmsOptions {
  std::string key_id;              // id, ARN or alias of a symmetric key
  std::string region;              // "eu-central-1"
  std::string endpoint{};          // empty: that of the region. http only for loopback
  std::string credentials_file{};  // as of the AWS command line, its section [default]; empty: AWS_… of the environment
  std::chrono::milliseconds limit{10'000};  // of one request
};

/// Asks KMS for the key once. Credentials are read for each request, so that short-lived ones may change. KMS makes and
/// retires keys itself: `rotate` is Conflict and says what to do, `forget_old` does nothing; whoever names another key
/// in the options has everything wrapped under it by the next rewrap.
Result<std::unique_ptr<crypto::KeyProvider>> make_aws_kms_provider(AwsKmsOptions options);

}  // namespace warder::keys
