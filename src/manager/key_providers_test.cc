#include "manager/key_providers.h"

#include <gtest/gtest.h>

#include "manager/installation.h"
#include "manager/store/temporary_directory.h"
#include "manager/tenancy/key_store.h"

namespace warder::manager {
namespace {

TEST(KeyProviders, ASettingThatIsMissingIsNamed) {
  Config config;
  EXPECT_TRUE(check_key_provider(config));
  config.key_provider = "pkcs11";
  EXPECT_EQ(check_key_provider(config).error().message, "pkcs11_module: key_provider = \"pkcs11\" needs it");
  config.pkcs11_module = "m";
  EXPECT_TRUE(check_key_provider(config).error().message.starts_with("pkcs11_token: "));
  config.pkcs11_token = "t";
  EXPECT_TRUE(check_key_provider(config).error().message.starts_with("pkcs11_pin_file: "));
  config.pkcs11_pin_file = "p";
  EXPECT_TRUE(check_key_provider(config));
  config.key_provider = "aws-kms";
  EXPECT_TRUE(check_key_provider(config).error().message.starts_with("aws_kms_key_id: "));
  config.aws_kms_key_id = "k";
  EXPECT_TRUE(check_key_provider(config).error().message.starts_with("aws_kms_region: "));
}

TEST(KeyProviders, AProviderThatIsAwayAtTheStartIsNamed) {
  const TemporaryDirectory directory;
  Config config;
  config.data_directory = (directory.path() / "data").string();
  config.key_provider = "pkcs11";
  config.pkcs11_module = "/nowhere/module.so";
  config.pkcs11_token = "t";
  config.pkcs11_pin_file = "p";
  const auto opened = Installation::open(config);
  ASSERT_FALSE(opened);
  EXPECT_TRUE(opened.error().message.starts_with("key_provider \"pkcs11\": pkcs11_module: ")) << opened.error().message;
}

TEST(KeyProviders, AnInstallationWithoutItsRootKeyIsNotMadeAnew) {
  const TemporaryDirectory directory;
  Config config;
  config.data_directory = (directory.path() / "data").string();
  EXPECT_FALSE(has_keys(config));
  ASSERT_TRUE(Installation::open(config));
  EXPECT_TRUE(has_keys(config));
  std::filesystem::remove(directory.path() / "data/keys/root.key");
  EXPECT_EQ(Installation::open(config, OpenMode::Existing).error().code, ErrorCode::NotFound);
  const auto created = Installation::open(config, OpenMode::Create);
  ASSERT_FALSE(created) << "with a new root key, what is there does not open";
  EXPECT_EQ(created.error().code, ErrorCode::NotFound);
}

// That what the token has wrapped is wrapped anew then is in tests/system/test_trust.py.
TEST(KeyProviders, AFileMayTakeThePlaceOfATokenWhoseSettingsAreThere) {
  const TemporaryDirectory directory;
  Config config;
  config.data_directory = directory.path().string();
  std::filesystem::create_directory(directory.path() / "keys");
  EXPECT_FALSE(has_keys(config));
  config.pkcs11_module = "/usr/lib/softhsm/libsofthsm2.so";
  EXPECT_TRUE(has_keys(config));
}

}  // namespace
}  // namespace warder::manager
