#include "base/secret_filter.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace warder {
namespace {

constexpr std::string_view kCanary = "Kanarienvogel7x";

TEST(SecretFilter, FindsEachKind) {
  const std::string canary{kCanary};
  const std::string texts[] = {
      "key wardr_key_" + canary + "0123456789abcdefghij refused",
      "enrolment token wdt1_" + canary + ".e30.c2ln does not hold",
      "wdm1_" + canary,
      "see https://manager.example:8443/reset#0193a0a4-0000-7000-8000-000000000000." + canary + " until tomorrow",
      "GET / HTTP/1.1\r\nAuthorization: Negotiate " + canary + "==\r\nHost: a",
      "header Bearer " + canary + "0123456789",
      "Cookie: __Host-session=" + canary + "; theme=dark",
      "set-cookie:a=" + canary,
      "postgresql://warder_app:" + canary + "@db.example/warder?sslmode=verify-full",
      R"({"username":"ann","password":")" + canary + R"("})",
      R"({"new_password" : ")" + canary + R"(","x":1})",
      R"({\"clientSecret\":\")" + canary + R"(\"})",
      "password=" + canary,
      "smtp.password = '" + canary + " with spaces'",
      "https://idp.example/cb?state=1&access_token=" + canary + "&code=2",
      "eyJhbGciOiJub25lIn0." + canary + ".c2lnbmF0dXJl",
      "otpauth://totp/Warder:ann?secret=" + canary + "&issuer=Warder",
      "-----BEGIN PRIVATE KEY-----\nMIIE" + canary + "\n-----END PRIVATE KEY----- and on",
      "-----BEGIN EC PRIVATE KEY-----\nMIIE" + canary,
      R"(pem: -----BEGIN RSA PRIVATE KEY-----\nMIIE)" + canary + R"(\n-----END RSA PRIVATE KEY-----\n)",
  };
  for (const std::string& text : texts) {
    const std::string clean = without_secrets(text);
    EXPECT_EQ(clean.find(kCanary), std::string::npos) << text << "\n" << clean;
    EXPECT_NE(clean.find(kSecretMark), std::string::npos) << text;
    EXPECT_EQ(without_secrets(clean), clean) << "a second time changes nothing";
  }
}

TEST(SecretFilter, KeepsWhatIsAround) {
  EXPECT_EQ(without_secrets(R"({"username":"ann","password":"x y\"z","locale":"ja"})"),
            R"({"username":"ann","password":"[secret]","locale":"ja"})");
  EXPECT_EQ(without_secrets("postgresql://app:pw@db.example/w"), "postgresql://app:[secret]@db.example/w");
  EXPECT_EQ(without_secrets("?access_token=abc&code=2"), "?access_token=[secret]&code=2");
  EXPECT_EQ(without_secrets("-----BEGIN PRIVATE KEY-----\nMI\n-----END PRIVATE KEY----- and on"), "[secret] and on");
}

TEST(SecretFilter, LeavesHarmlessTextsAlone) {
  for (const char* text : {
           "the password must have at least 12 characters",
           "the enrolment token does not hold: it is unknown, used up, expired or revoked",
           "token: it does not hold",
           "https://manager.example:8443/api/v1/users?limit=10",
           "postgresql://warder_app@db.example/warder?passfile=/etc/warder/pgpass",
           "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
           "basic authentication is refused",
           "user@host.example, see http://a.example/b@c:d",
           "enrol_token_id=0193 tokens=3 password_age_days=90",
           "eyJust a word.",
           "日本語のパスワード",
       })
    EXPECT_EQ(without_secrets(text), text);
}

TEST(SecretFilter, NamesThatSaySecret) {
  for (const char* name :
       {"password", "new_password", "Passwd", "clientSecret", "api-key", "private_key", "access.token"})
    EXPECT_TRUE(names_secret(name)) << name;
  for (const char* name : {"token_id", "passwords_checked", "secretary", "user", ""})
    EXPECT_FALSE(names_secret(name)) << name;
}

RC_GTEST_PROP(SecretFilterProperty, NeverGrowsBeyondItsMarksAndIsStable, (const std::string& text)) {
  const std::string clean = without_secrets(text);
  RC_ASSERT(without_secrets(clean) == clean);
}

RC_GTEST_PROP(SecretFilterProperty, AnAssignedSecretNeverSurvives,
              (const std::string& before, const std::string& after)) {
  const std::string text = before + "\n{\"password\":\"" + std::string{kCanary} + "\"}" + after;
  RC_ASSERT(without_secrets(text).find(kCanary) == std::string::npos);
}

}  // namespace
}  // namespace warder
