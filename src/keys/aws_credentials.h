// Credentials for AWS: from a file in the form of its command line, or from the environment.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "keys/secret_bytes.h"

namespace warder::keys {

struct AwsCredentials {
  std::string access_key_id;
  SecretText secret_access_key;
  SecretText session_token;  // may be empty
};

/// `file` empty: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. Unauthenticated when one is missing;
/// Forbidden for a file that others can read. No secret is part of an error.
Result<std::unique_ptr<AwsCredentials>> read_aws_credentials(const std::string& file);

/// Of the text of such a file: its section [default].
Result<std::unique_ptr<AwsCredentials>> parse_aws_credentials(std::string_view text);

}  // namespace warder::keys
