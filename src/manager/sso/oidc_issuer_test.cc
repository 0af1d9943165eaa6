#include "manager/sso/oidc_issuer.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/json.h"
#include "crypto/testing/jws_signer.h"
#include "host/testing/clock.h"

namespace warder::manager {
namespace {

using crypto::JwsAlgorithm;
using crypto::testing::JwsSigner;

json::object document() {
  return {{"issuer", "https://id.example"},
          {"authorization_endpoint", "https://id.example/auth"},
          {"token_endpoint", "https://id.example/token"},
          {"userinfo_endpoint", "https://id.example/me"},
          {"jwks_uri", "https://id.example/jwks"},
          {"authorization_response_iss_parameter_supported", true}};
}

TEST(OidcMetadata, IsTakenFromTheIssuerItself) {
  const auto metadata = read_oidc_metadata(json::serialize(document()), "https://id.example");
  ASSERT_TRUE(metadata) << metadata.error().message;
  EXPECT_EQ(metadata->token_endpoint, "https://id.example/token");
  EXPECT_TRUE(metadata->says_issuer_in_answer);
}

TEST(OidcMetadata, IsRefusedWhenItIsNotTheIssuersOrNotSafe) {
  struct Case {
    const char* name;
    std::function<void(json::object&)> change;
  };
  const Case cases[] = {
      {"another issuer", [](auto& d) { d["issuer"] = "https://evil.example"; }},
      {"a slash more", [](auto& d) { d["issuer"] = "https://id.example/"; }},
      {"no issuer", [](auto& d) { d.erase("issuer"); }},
      {"token endpoint without TLS", [](auto& d) { d["token_endpoint"] = "http://id.example/token"; }},
      {"keys from a file", [](auto& d) { d["jwks_uri"] = "file:///etc/passwd"; }},
      {"no keys", [](auto& d) { d.erase("jwks_uri"); }},
      {"script as login page", [](auto& d) { d["authorization_endpoint"] = "javascript:alert(1)"; }},
      {"line break", [](auto& d) { d["authorization_endpoint"] = "https://id.example/\r\nx: y"; }},
      {"userinfo without TLS", [](auto& d) { d["userinfo_endpoint"] = "http://id.example/me"; }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    json::object changed = document();
    c.change(changed);
    EXPECT_FALSE(read_oidc_metadata(json::serialize(changed), "https://id.example"));
  }
  EXPECT_FALSE(read_oidc_metadata("[]", "https://id.example"));
}

struct TestIssuers {
  Result<FetchAnswer> answer(const FetchRequest& request) {
    asked.push_back(request.url);
    if (is_down) return fail(ErrorCode::Unavailable, "down");
    if (request.url == "https://id.example/.well-known/openid-configuration")
      return FetchAnswer{200, json::serialize(document())};
    if (request.url == "https://id.example/jwks") return FetchAnswer{200, signer.jwks()};
    return FetchAnswer{404, {}};
  }
  [[nodiscard]] bool knows(const JwsSigner& other, Result<crypto::JwkSet> keys) const {
    const JwsAlgorithm allowed[] = {JwsAlgorithm::Es256};
    return keys && crypto::verify_jws(other.sign("{}"), *keys, allowed).has_value();
  }

  std::vector<std::string> asked;
  bool is_down = false;
  JwsSigner signer{JwsAlgorithm::Es256, "k1"};
  warder::testing::ManualClock clock;
  OidcIssuers issuers{[this](const FetchRequest& request) { return answer(request); }, clock};
};

TEST(OidcIssuers, AreAskedOnceInAnHour) {
  TestIssuers test;
  ASSERT_TRUE(test.knows(test.signer, test.issuers.keys("https://id.example")));
  EXPECT_EQ(test.asked.size(), 2U);
  ASSERT_TRUE(test.issuers.keys("https://id.example"));
  EXPECT_EQ(test.asked.size(), 2U);
  test.clock.advance(std::chrono::hours(1));
  ASSERT_TRUE(test.issuers.keys("https://id.example"));
  EXPECT_EQ(test.asked.size(), 4U);
}

TEST(OidcIssuers, NewKeysComeInButNotAsOftenAsSomebodyLikes) {
  TestIssuers test;
  ASSERT_TRUE(test.issuers.keys("https://id.example"));
  const JwsSigner old = test.signer;
  test.signer = JwsSigner(JwsAlgorithm::Es256, "k2");
  test.clock.advance(std::chrono::minutes(1));
  EXPECT_FALSE(test.knows(test.signer, test.issuers.keys("https://id.example")));
  EXPECT_TRUE(test.knows(test.signer, test.issuers.newer_keys("https://id.example")));
  EXPECT_FALSE(test.knows(old, test.issuers.keys("https://id.example")));
  const std::size_t asked = test.asked.size();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(test.issuers.newer_keys("https://id.example"));
  EXPECT_EQ(test.asked.size(), asked);
}

TEST(OidcIssuers, ThatAreDownAreLeftAloneForAWhile) {
  TestIssuers test;
  test.is_down = true;
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(test.issuers.metadata("https://id.example"));
  EXPECT_EQ(test.asked.size(), 1U);
  test.is_down = false;
  test.clock.advance(std::chrono::seconds(10));
  EXPECT_TRUE(test.issuers.metadata("https://id.example"));
}

}  // namespace
}  // namespace warder::manager
