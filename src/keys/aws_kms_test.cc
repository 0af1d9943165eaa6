#include "keys/aws_kms.h"

#include <gtest/gtest.h>

#include "keys/aws_credentials.h"
#include "keys/stand_in.h"

namespace warder::keys {
namespace {

constexpr const char* kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

TEST(AwsKms, WhatIsMissingIsNamedByItsSetting) {
  const testing::KmsStandIn kms;
  struct Case {
    const char* setting;
    void (*spoil)(AwsKmsOptions&);
  };
  for (const Case& c : std::vector<Case>{
           {"aws_kms_key_id: ", [](AwsKmsOptions& options) { options.key_id.clear(); }},
           {"aws_kms_key_id: ", [](AwsKmsOptions& options) { options.key_id = "alias/unknown"; }},
           {"aws_kms_region: ", [](AwsKmsOptions& options) { options.region.clear(); }},
           {"aws_kms_endpoint: ", [](AwsKmsOptions& options) { options.endpoint = "http://kms.example/"; }},
           {"aws_kms_key_id: aws_credentials_file: ",
            [](AwsKmsOptions& options) { options.credentials_file = "/nowhere/credentials"; }}}) {
    AwsKmsOptions options = kms.options();
    c.spoil(options);
    const auto provider = make_aws_kms_provider(options);
    ASSERT_FALSE(provider) << c.setting;
    EXPECT_TRUE(provider.error().message.starts_with(c.setting)) << provider.error().message;
  }
}

TEST(AwsKms, ASignatureThatDoesNotHoldIsRefused) {
  const testing::KmsStandIn kms;
  kms.set_credentials("another/secret", "");
  const auto refused = make_aws_kms_provider(kms.options());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Unauthenticated) << refused.error().message;
  EXPECT_EQ(refused.error().message.find("another/secret"), std::string::npos);
  const testing::KmsStandIn with_token("token-1");
  with_token.set_credentials(kSecret, "token-2");
  EXPECT_EQ(make_aws_kms_provider(with_token.options()).error().code, ErrorCode::Unauthenticated);
}

TEST(AwsKms, CredentialsMayChangeWhileItRuns) {
  const testing::KmsStandIn kms;
  const auto provider = make_aws_kms_provider(kms.options()).value();
  kms.set_credentials("expired", "");
  EXPECT_EQ(provider->wrap("p", Bytes(32)).error().code, ErrorCode::Unauthenticated);
  kms.set_credentials(kSecret, "");
  EXPECT_TRUE(provider->wrap("p", Bytes(32)));
}

TEST(AwsKms, AServiceThatIsDownIsUnavailableAndUsedAgainWhenItIsBack) {
  const testing::KmsStandIn kms;
  const auto provider = make_aws_kms_provider(kms.options()).value();
  const Bytes wrapped = provider->wrap("p", Bytes(32, 9)).value();
  kms.control("down");
  EXPECT_EQ(provider->unwrap("p", wrapped).error().code, ErrorCode::Unavailable);
  kms.control("up");
  EXPECT_EQ(provider->unwrap("p", wrapped).value(), Bytes(32, 9));
}

TEST(AwsKms, AServiceThatDoesNotAnswerIsNotWaitedFor) {
  const testing::KmsStandIn kms;
  AwsKmsOptions options = kms.options();
  options.limit = std::chrono::milliseconds(300);
  kms.control("hang");
  EXPECT_EQ(make_aws_kms_provider(options).error().code, ErrorCode::Timeout);
  options.endpoint = "http://127.0.0.1:1/";
  EXPECT_EQ(make_aws_kms_provider(options).error().code, ErrorCode::Unavailable);
}

TEST(AwsKms, RotationSaysWhereKeysAreMade) {
  const testing::KmsStandIn kms;
  const auto refused = make_aws_kms_provider(kms.options()).value()->rotate();
  EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
  EXPECT_NE(refused.error().message.find("aws_kms_key_id"), std::string::npos);
}

TEST(AwsCredentials, AreThoseOfTheDefaultSection) {
  const auto read = parse_aws_credentials(
      "[a]\naws_access_key_id=x\n[default]\n# aws_access_key_id = c\naws_access_key_id = AK\n"
      "aws_secret_access_key=S/+=\n[b]\naws_session_token = t\n");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ((*read)->access_key_id, "AK");
  EXPECT_EQ((*read)->secret_access_key.text(), "S/+=");
  EXPECT_TRUE((*read)->session_token.text().empty());
  EXPECT_EQ(parse_aws_credentials("[default]\naws_access_key_id = AK\n").error().code, ErrorCode::Unauthenticated);
  EXPECT_EQ(parse_aws_credentials("").error().code, ErrorCode::Unauthenticated);
}

}  // namespace
}  // namespace warder::keys
