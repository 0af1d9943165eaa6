#include "manager/key_providers.h"

#include <filesystem>
#include <utility>
#include <vector>

#include "keys/aws_kms.h"
#include "keys/pkcs11_provider.h"
#include "keys/provider_chain.h"

namespace warder::manager {
namespace {

using Provider = Result<std::unique_ptr<crypto::KeyProvider>>;

constexpr std::string_view kFile = "file";
constexpr std::string_view kPkcs11 = "pkcs11";
constexpr std::string_view kAwsKms = "aws-kms";

std::filesystem::path keys_folder(const Config& config) {
  return std::filesystem::path(config.data_directory) / "keys";
}

std::filesystem::path root_file(const Config& config) {
  return keys_folder(config) / "root.key";
}

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

Provider open_file(const Config& config) {
  return crypto::make_sealed_file_provider(root_file(config).string());
}

Provider open_pkcs11(const Config& config) {
  return keys::make_pkcs11_provider(
      {config.pkcs11_module, config.pkcs11_token, config.pkcs11_pin_file, config.pkcs11_key_label},
      std::chrono::seconds(config.key_provider_timeout_s));
}

Provider open_aws_kms(const Config& config) {
  return keys::make_aws_kms_provider({config.aws_kms_key_id, config.aws_kms_region, config.aws_kms_endpoint,
                                      config.aws_credentials_file,
                                      std::chrono::seconds(config.key_provider_timeout_s)});
}

Provider open_chosen(const Config& config) {
  if (config.key_provider == kPkcs11) return open_pkcs11(config);
  if (config.key_provider == kAwsKms) return open_aws_kms(config);
  return open_file(config);
}

}  // namespace

Provider open_key_provider(const Config& config) {
  WD_TRY(check_key_provider(config));
  auto chosen = WD_TRY(open_chosen(config).in("key_provider \"" + config.key_provider + "\""));
  std::vector<keys::FormerProvider> former;
  if (config.key_provider != kFile && is_there(root_file(config)))
    former.push_back({"root-", [config] { return open_file(config); }});
  if (config.key_provider != kPkcs11 && !config.pkcs11_module.empty())
    former.push_back({"pkcs11:", [config] { return open_pkcs11(config); }});
  if (config.key_provider != kAwsKms && !config.aws_kms_key_id.empty())
    former.push_back({"arn:", [config] { return open_aws_kms(config); }});
  return keys::make_provider_chain(std::move(chosen), std::move(former));
}

bool has_keys(const Config& config) {
  // A file that replaces a token or a service is made by the first start with it.
  const bool has_former = !config.pkcs11_module.empty() || !config.aws_kms_key_id.empty();
  return is_there(config.key_provider == kFile && !has_former ? root_file(config) : keys_folder(config));
}

}  // namespace warder::manager
