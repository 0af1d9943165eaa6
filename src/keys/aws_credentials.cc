#include "keys/aws_credentials.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

#include "base/file.h"
#include "base/text.h"

namespace warder::keys {
namespace {

constexpr std::size_t kMaxFileBytes = 64 << 10;

std::string environment(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return value != nullptr ? value : "";
}

Result<std::unique_ptr<AwsCredentials>> checked(std::unique_ptr<AwsCredentials> credentials) {
  if (credentials->access_key_id.empty() || credentials->secret_access_key.text().empty())
    return fail(ErrorCode::Unauthenticated, "no access key id and secret access key");
  return credentials;
}

}  // namespace

Result<std::unique_ptr<AwsCredentials>> parse_aws_credentials(std::string_view text) {
  auto credentials = std::make_unique<AwsCredentials>();
  bool is_default = false;
  for (const std::string_view raw : split(text, '\n')) {
    const std::string_view line = trim(raw);
    if (line.starts_with('[')) is_default = line == "[default]";
    const std::size_t equals = line.find('=');
    if (!is_default || equals == std::string_view::npos || line.starts_with('#')) continue;
    const std::string_view name = trim(line.substr(0, equals));
    const std::string_view value = trim(line.substr(equals + 1));
    if (name == "aws_access_key_id") credentials->access_key_id = value;
    if (name == "aws_secret_access_key") credentials->secret_access_key.text() = value;
    if (name == "aws_session_token") credentials->session_token.text() = value;
  }
  return checked(std::move(credentials));
}

Result<std::unique_ptr<AwsCredentials>> read_aws_credentials(const std::string& file) {
  if (file.empty()) {
    auto credentials = std::make_unique<AwsCredentials>();
    credentials->access_key_id = environment("AWS_ACCESS_KEY_ID");
    credentials->secret_access_key.text() = environment("AWS_SECRET_ACCESS_KEY");
    credentials->session_token.text() = environment("AWS_SESSION_TOKEN");
    return checked(std::move(credentials)).in("aws_credentials_file is empty, and so are AWS_… of the environment");
  }
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return fail_errno("aws_credentials_file: " + file, errno);
  if ((status.st_mode & 077) != 0)
    return fail(ErrorCode::Forbidden, "aws_credentials_file: " + file + ": others can read it; chmod 0600");
  const SecretText text{WD_TRY(read_file(file, kMaxFileBytes))};
  return parse_aws_credentials(text.text()).in("aws_credentials_file: " + file + ", section [default]");
}

}  // namespace warder::keys
