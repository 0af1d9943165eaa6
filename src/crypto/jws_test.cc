#include "crypto/jws.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/bytes.h"
#include "base/json.h"
#include "base/text.h"
#include "crypto/testing/jws_signer.h"

namespace warder::crypto {
namespace {

using testing::JwsSigner;
using testing::sign_hs256;

constexpr JwsAlgorithm kAll[] = {JwsAlgorithm::Rs256, JwsAlgorithm::Ps256, JwsAlgorithm::Es256, JwsAlgorithm::EdDsa};
constexpr std::string_view kPayload = R"({"sub":"1"})";

const JwsSigner& rsa() {
  static const JwsSigner signer(JwsAlgorithm::Rs256, "rsa");
  return signer;
}

JwkSet set_of(const json::array& keys) {
  return JwkSet::parse(json::serialize(json::object{{"keys", keys}})).value();
}

std::string part(std::string_view text) {
  return to_base64url(as_bytes(text));
}

TEST(Jws, TakesEachAlgorithmsSignatureAndNoOther) {
  for (const JwsAlgorithm algorithm : kAll) {
    SCOPED_TRACE(name(algorithm));
    const JwsSigner signer(algorithm, "k1");
    const JwsSigner other(algorithm, "k1");
    const JwkSet keys = JwkSet::parse(signer.jwks()).value();
    ASSERT_EQ(keys.size(), 1U);
    const std::string token = signer.sign(kPayload);
    EXPECT_EQ(verify_jws(token, keys, kAll), std::string(kPayload));
    EXPECT_EQ(verify_jws(other.sign(kPayload), keys, kAll).error().code, ErrorCode::Unauthenticated);
    const auto parts = split(token, '.');
    const std::string changed = std::string(parts[0]) + "." + part(R"({"sub":"2"})") + "." + std::string(parts[2]);
    EXPECT_FALSE(verify_jws(changed, keys, kAll));
    EXPECT_FALSE(verify_jws(token.substr(0, token.rfind('.') + 1), keys, kAll));
    // Allowed is only what is listed.
    std::vector<JwsAlgorithm> others(std::begin(kAll), std::end(kAll));
    std::erase(others, algorithm);
    EXPECT_EQ(verify_jws(token, keys, others).error().code, ErrorCode::Unauthenticated);
  }
}

// RFC 7515 A.2 and A.3, RFC 8037 A.4: tokens and keys that others have made.
TEST(Jws, TakesTheExamplesOfTheStandards) {
  const JwkSet es256 = set_of({json::object{{"kty", "EC"},
                                            {"crv", "P-256"},
                                            {"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
                                            {"y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}}});
  const std::string token =
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
      "cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
  EXPECT_TRUE(verify_jws(token, es256, kAll)) << verify_jws(token, es256, kAll).error().message;
  const JwkSet eddsa =
      set_of({json::object{{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}});
  EXPECT_EQ(verify_jws("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3A"
                       "IbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
                       eddsa, kAll),
            "Example of Ed25519 signing");
}

TEST(Jws, RefusesWhatAttackersMake) {
  const JwsSigner& signer = rsa();
  const JwkSet keys = JwkSet::parse(signer.jwks()).value();
  const std::string good = signer.sign(kPayload);
  const json::object mine = JwsSigner(JwsAlgorithm::Rs256, "rsa").jwk();
  const auto with = [&](const std::function<void(json::object&)>& change) {
    json::object header = signer.header();
    change(header);
    return signer.sign(header, kPayload);
  };
  struct Case {
    const char* name;
    std::string token;
  };
  const Case cases[] = {
      {"none without a signature", part(R"({"alg":"none"})") + "." + part(kPayload) + "."},
      {"none in other letters", part(R"({"alg":"nOnE","kid":"rsa"})") + "." + part(kPayload) + "."},
      {"no algorithm", signer.sign(json::object{{"kid", "rsa"}}, kPayload)},
      {"algorithm that is not text", with([](json::object& h) { h["alg"] = 1; })},
      {"HS256 with the public key as PEM",
       sign_hs256({{"alg", "HS256"}, {"kid", "rsa"}}, kPayload, signer.public_pem())},
      {"HS256 with the modulus",
       sign_hs256({{"alg", "HS256"}, {"kid", "rsa"}}, kPayload, std::string(signer.jwk().at("n").as_string()))},
      {"HS256 with an empty secret", sign_hs256({{"alg", "HS256"}}, kPayload, "")},
      {"critical extension", with([](json::object& h) { h["crit"] = json::array{"exp"}; })},
      {"empty critical extensions", with([](json::object& h) { h["crit"] = json::array{}; })},
      {"access token", with([](json::object& h) { h["typ"] = "at+jwt"; })},
      {"kid that is not text", with([](json::object& h) { h["kid"] = json::array{"rsa"}; })},
      {"key in the header", JwsSigner(JwsAlgorithm::Rs256, "rsa")
                                .sign(json::object{{"alg", "RS256"}, {"kid", "rsa"}, {"jwk", mine}}, kPayload)},
      {"two algorithms", signer.sign_text(R"({"alg":"RS256","alg":"none","kid":"rsa"})", kPayload)},
      {"two parts", good.substr(0, good.rfind('.'))},
      {"four parts", good + "." + part("x")},
      {"five parts", good + ".x.y"},
      {"padding", good + "="},
      {"space", good + " "},
      {"line break in the middle", good.substr(0, 10) + "\n" + good.substr(10)},
      {"header that is no object", signer.sign_text("[]", kPayload)},
      {"header that is no JSON", signer.sign_text("alg=RS256", kPayload)},
      {"oversized", signer.sign(std::string(kMaxJwsBytes, ' '))},
      {"empty", ""},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto verified = verify_jws(c.token, keys, kAll);
    ASSERT_FALSE(verified);
    EXPECT_EQ(verified.error().code, ErrorCode::Unauthenticated) << verified.error().message;
  }
  // Another algorithm of the same key's.
  EXPECT_FALSE(verify_jws(with([](json::object& h) { h["alg"] = "PS256"; }), keys, kAll));
  EXPECT_TRUE(verify_jws(good, keys, kAll));
}

TEST(Jws, LooksForTheKeyThatTheTokenNames) {
  const JwsSigner a(JwsAlgorithm::Es256, "a");
  const JwsSigner b(JwsAlgorithm::Es256, "b");
  const JwkSet both = set_of({a.jwk(), b.jwk()});
  EXPECT_TRUE(verify_jws(b.sign(kPayload), both, kAll));
  EXPECT_FALSE(verify_jws(b.sign(json::object{{"alg", "ES256"}, {"kid", "a"}}, kPayload), both, kAll));
  // Unknown: the issuer may have a new one.
  EXPECT_EQ(verify_jws(JwsSigner(JwsAlgorithm::Es256, "c").sign(kPayload), both, kAll).error().code,
            ErrorCode::NotFound);
  EXPECT_EQ(verify_jws(rsa().sign(json::object{{"alg", "RS256"}, {"kid", "a"}}, kPayload), both, kAll).error().code,
            ErrorCode::NotFound);
  // Unnamed: only when there is one that it can be.
  const json::object unnamed{{"alg", "ES256"}};
  EXPECT_FALSE(verify_jws(a.sign(unnamed, kPayload), both, kAll));
  EXPECT_TRUE(verify_jws(a.sign(unnamed, kPayload), set_of({a.jwk(), rsa().jwk()}), kAll));
}

TEST(Jws, LeavesOutKeysThatAreNotForThis) {
  const JwsSigner ec(JwsAlgorithm::Es256, "k");
  struct Case {
    const char* name;
    json::object key;
    std::function<void(json::object&)> spoil;
  };
  const Case cases[] = {
      {"secret", {{"kty", "oct"}, {"k", "c2VjcmV0"}}, [](auto&) {}},
      {"for encryption", ec.jwk(), [](auto& k) { k["use"] = "enc"; }},
      {"for signing only", ec.jwk(), [](auto& k) { k["key_ops"] = json::array{"sign"}; }},
      {"another curve", ec.jwk(), [](auto& k) { k["crv"] = "P-521"; }},
      {"point off the curve", ec.jwk(), [](auto& k) { k["y"] = k["x"]; }},
      {"short coordinate", ec.jwk(), [](auto& k) { k["x"] = "AQ"; }},
      {"no coordinate", ec.jwk(), [](auto& k) { k.erase("y"); }},
      {"kid that is not text", ec.jwk(), [](auto& k) { k["kid"] = 7; }},
      {"short RSA", JwsSigner(JwsAlgorithm::Rs256, "k", 1024).jwk(), [](auto&) {}},
      {"RSA with exponent 1", rsa().jwk(), [](auto& k) { k["e"] = "AQ"; }},
      {"RSA without modulus", rsa().jwk(), [](auto& k) { k.erase("n"); }},
      {"huge RSA", rsa().jwk(), [](auto& k) { k["n"] = std::string(4096, 'B'); }},
      {"Ed25519 of a wrong length", {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", "AQID"}}, [](auto&) {}},
      {"X25519",
       {{"kty", "OKP"}, {"crv", "X25519"}, {"x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}},
       [](auto&) {}},
      {"unknown type", {{"kty", "AKP"}}, [](auto&) {}},
      {"no type", {{"kid", "x"}}, [](auto&) {}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    json::object key = c.key;
    c.spoil(key);
    EXPECT_EQ(set_of({key}).size(), 0U);
  }
  // The algorithm that a key is for holds: no PS256 by a key for RS256.
  const JwsSigner ps(JwsAlgorithm::Ps256, "p");
  json::object only_rs = ps.jwk();
  only_rs["alg"] = "RS256";
  EXPECT_FALSE(verify_jws(ps.sign(kPayload), set_of({only_rs}), kAll));
  only_rs.erase("alg");
  EXPECT_TRUE(verify_jws(ps.sign(kPayload), set_of({only_rs}), kAll));
}

TEST(Jws, RefusesWhatIsNoKeySet) {
  for (const char* text : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[1]})", R"({"keys":[],"keys":[]})"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(JwkSet::parse(text).error().code, ErrorCode::Invalid);
  }
  EXPECT_EQ(JwkSet::parse(std::string(kMaxJwkSetBytes + 1, ' ')).error().code, ErrorCode::TooLarge);
  json::array many(kMaxJwks + 1, json::object{{"kty", "oct"}});
  EXPECT_EQ(JwkSet::parse(json::serialize(json::object{{"keys", many}})).error().code, ErrorCode::TooLarge);
}

}  // namespace
}  // namespace warder::crypto
