#include "manager/sso/id_token.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/bytes.h"
#include "base/json.h"
#include "crypto/hash.h"
#include "crypto/testing/jws_signer.h"

namespace warder::manager {
namespace {

using crypto::JwkSet;
using crypto::JwsAlgorithm;
using crypto::testing::JwsSigner;

constexpr std::int64_t kNow = 1'800'000'000;

std::string half_hash(std::string_view text) {
  const crypto::Digest digest = crypto::sha256(as_bytes(text));
  return to_base64url(ByteView(digest).first(16));
}

struct TestIssuer {
  IdTokenDemands demands() const {
    IdTokenDemands demands;
    demands.issuer = "https://id.example";
    demands.client_id = "warder";
    demands.nonce = "nonce-of-this-login";
    demands.access_token = "access-token";
    demands.algorithms = {JwsAlgorithm::Rs256, JwsAlgorithm::Ps256, JwsAlgorithm::Es256, JwsAlgorithm::EdDsa};
    demands.now = from_micros(kNow * 1'000'000);
    return demands;
  }
  static json::object claims() {
    return {{"iss", "https://id.example"},         {"aud", "warder"}, {"sub", "248289761001"},
            {"nonce", "nonce-of-this-login"},      {"iat", kNow - 5}, {"exp", kNow + 300},
            {"at_hash", half_hash("access-token")}};
  }
  [[nodiscard]] Result<json::object> check(const json::object& claims, const IdTokenDemands& demands) const {
    return check_id_token(signer.sign(json::serialize(claims)), keys, demands);
  }
  JwsSigner signer{JwsAlgorithm::Es256, "k1"};
  JwkSet keys = JwkSet::parse(signer.jwks()).value();
};

TEST(IdToken, ThatIsRightGivesItsClaims) {
  const TestIssuer issuer;
  const auto claims = issuer.check(TestIssuer::claims(), issuer.demands());
  ASSERT_TRUE(claims) << claims.error().message;
  EXPECT_EQ(claims->at("sub"), "248289761001");
  for (const auto& change : std::vector<std::function<void(json::object&)>>{
           [](auto& c) { c["aud"] = json::array{"warder"}; }, [](auto& c) { c["azp"] = "warder"; },
           [](auto& c) {
             c["aud"] = json::array{"other", "warder"};
             c["azp"] = "warder";
           },
           [](auto& c) { c.erase("at_hash"); }, [](auto& c) { c["exp"] = kNow - 59; },  // within the skew
           [](auto& c) { c["iat"] = kNow + 59; },
           [](auto& c) { c["exp"] = kNow + 300.5; },  // RFC 7519 allows fractions
       }) {
    json::object changed = TestIssuer::claims();
    change(changed);
    EXPECT_TRUE(issuer.check(changed, issuer.demands())) << json::serialize(changed);
  }
}

TEST(IdToken, ThatIsNotAboutThisLoginIsRefused) {
  struct Case {
    const char* name;
    std::function<void(json::object&)> change;
  };
  const Case cases[] = {
      {"another issuer", [](auto& c) { c["iss"] = "https://evil.example"; }},
      {"issuer with a slash more", [](auto& c) { c["iss"] = "https://id.example/"; }},
      {"issuer in other letters", [](auto& c) { c["iss"] = "https://ID.example"; }},
      {"no issuer", [](auto& c) { c.erase("iss"); }},
      {"issuer in a list", [](auto& c) { c["iss"] = json::array{"https://id.example"}; }},
      {"another audience", [](auto& c) { c["aud"] = "other"; }},
      {"audience that begins the same", [](auto& c) { c["aud"] = "warder-2"; }},
      {"no audience", [](auto& c) { c.erase("aud"); }},
      {"empty audiences", [](auto& c) { c["aud"] = json::array{}; }},
      {"audiences that are no texts",
       [](auto& c) {
         c["aud"] = json::array{"warder", 1};
       }},
      {"several audiences without a party",
       [](auto& c) {
         c["aud"] = json::array{"warder", "other"};
       }},
      {"made for another party", [](auto& c) { c["azp"] = "other"; }},
      {"several audiences, another party",
       [](auto& c) {
         c["aud"] = json::array{"warder", "other"};
         c["azp"] = "other";
       }},
      {"another login", [](auto& c) { c["nonce"] = "nonce-of-another-login"; }},
      {"no nonce", [](auto& c) { c.erase("nonce"); }},
      {"nonce that is no text", [](auto& c) { c["nonce"] = 1; }},
      {"expired", [](auto& c) { c["exp"] = kNow - 60; }},
      {"expired long ago", [](auto& c) { c["exp"] = 0; }},
      {"no expiry", [](auto& c) { c.erase("exp"); }},
      {"expiry as text", [](auto& c) { c["exp"] = "1900000000"; }},
      {"negative expiry", [](auto& c) { c["exp"] = -1; }},
      {"endless expiry", [](auto& c) { c["exp"] = 1e300; }},
      {"from the future", [](auto& c) { c["iat"] = kNow + 61; }},
      {"no time of issue", [](auto& c) { c.erase("iat"); }},
      {"too old", [](auto& c) { c["iat"] = kNow - 25 * 3600; }},
      {"not yet", [](auto& c) { c["nbf"] = kNow + 61; }},
      {"not before that is no time", [](auto& c) { c["nbf"] = "x"; }},
      {"another access token", [](auto& c) { c["at_hash"] = half_hash("another"); }},
      {"hash that is no text", [](auto& c) { c["at_hash"] = json::object{}; }},
      {"nobody", [](auto& c) { c.erase("sub"); }},
      {"empty subject", [](auto& c) { c["sub"] = ""; }},
      {"subject that is no text", [](auto& c) { c["sub"] = 7; }},
  };
  const TestIssuer issuer;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    json::object claims = TestIssuer::claims();
    c.change(claims);
    const auto checked = issuer.check(claims, issuer.demands());
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, ErrorCode::Unauthenticated);
  }
}

TEST(IdToken, WithAClaimTwiceIsRefused) {
  const TestIssuer issuer;
  std::string text = json::serialize(TestIssuer::claims());
  text.insert(1, R"("sub":"somebody-else",)");
  EXPECT_FALSE(check_id_token(issuer.signer.sign(text), issuer.keys, issuer.demands()));
  EXPECT_FALSE(check_id_token(issuer.signer.sign("[]"), issuer.keys, issuer.demands()));
  EXPECT_FALSE(check_id_token(issuer.signer.sign("no JSON"), issuer.keys, issuer.demands()));
}

TEST(IdToken, OfAnotherKeyOrAlgorithmIsRefused) {
  const TestIssuer issuer;
  const std::string claims = json::serialize(TestIssuer::claims());
  const auto code = [&](const std::string& token, const IdTokenDemands& demands) {
    const auto checked = check_id_token(token, issuer.keys, demands);
    EXPECT_FALSE(checked);
    return checked ? ErrorCode::Internal : checked.error().code;
  };
  EXPECT_EQ(code(JwsSigner(JwsAlgorithm::Es256, "k1").sign(claims), issuer.demands()), ErrorCode::Unauthenticated);
  EXPECT_EQ(code(JwsSigner(JwsAlgorithm::Es256, "k2").sign(claims), issuer.demands()), ErrorCode::NotFound);
  IdTokenDemands only_rsa = issuer.demands();
  only_rsa.algorithms = {JwsAlgorithm::Rs256};
  EXPECT_EQ(code(issuer.signer.sign(claims), only_rsa), ErrorCode::Unauthenticated);
  const std::string none =
      to_base64url(as_bytes(std::string_view(R"({"alg":"none"})"))) + "." + to_base64url(as_bytes(claims)) + ".";
  EXPECT_EQ(code(none, issuer.demands()), ErrorCode::Unauthenticated);
  EXPECT_EQ(code(crypto::testing::sign_hs256({{"alg", "HS256"}, {"kid", "k1"}}, claims, issuer.signer.public_pem()),
                 issuer.demands()),
            ErrorCode::Unauthenticated);
}

TEST(IdToken, NothingIsTakenForWhatIsNotDemandedByMistake) {
  const TestIssuer issuer;
  for (const auto& forget : std::vector<std::function<void(IdTokenDemands&)>>{
           [](auto& d) { d.issuer.clear(); }, [](auto& d) { d.client_id.clear(); }, [](auto& d) { d.nonce.clear(); },
           [](auto& d) { d.algorithms.clear(); }, [](auto& d) { d.access_token.clear(); }}) {
    IdTokenDemands demands = issuer.demands();
    forget(demands);
    json::object claims = TestIssuer::claims();
    for (const char* name : {"iss", "aud", "nonce"})
      if (demands.issuer.empty() || demands.client_id.empty() || demands.nonce.empty()) claims[name] = "";
    EXPECT_FALSE(issuer.check(claims, demands));
  }
}

TEST(IdToken, TheLoginAtTheProviderMayBeLimitedInAge) {
  const TestIssuer issuer;
  IdTokenDemands demands = issuer.demands();
  demands.max_login_age = std::chrono::seconds(600);
  json::object claims = TestIssuer::claims();
  EXPECT_FALSE(issuer.check(claims, demands)) << "no auth_time";
  claims["auth_time"] = kNow - 700;
  EXPECT_FALSE(issuer.check(claims, demands));
  claims["auth_time"] = kNow - 500;
  EXPECT_TRUE(issuer.check(claims, demands));
}

TEST(IdToken, TheHashOfTheAccessTokenGoesWithTheAlgorithm) {
  TestIssuer issuer;
  issuer.signer = JwsSigner(JwsAlgorithm::EdDsa, "k1");
  issuer.keys = JwkSet::parse(issuer.signer.jwks()).value();
  json::object claims = TestIssuer::claims();
  EXPECT_FALSE(issuer.check(claims, issuer.demands())) << "half of SHA-256";
  const auto digest = crypto::sha512(as_bytes(std::string_view("access-token")));
  claims["at_hash"] = to_base64url(ByteView(digest).first(32));
  EXPECT_TRUE(issuer.check(claims, issuer.demands()));
}

}  // namespace
}  // namespace warder::manager
