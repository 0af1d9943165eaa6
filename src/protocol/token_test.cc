#include "protocol/token.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace warder::protocol {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const Timestamp kNow{seconds{1'800'000'000}};

template <class IdType>
IdType id(std::uint8_t last) {
  IdType value;
  value.uuid.bytes[6] = 0x70;
  value.uuid.bytes[8] = 0x80;
  value.uuid.bytes[15] = last;
  return value;
}

EnrolClaims enrol_claims() {
  EnrolClaims claims;
  claims.id = id<TokenId>(1);
  claims.secret = std::string(43, 's');
  claims.urls = {"https://manager.example:8444", "https://192.0.2.7:8444"};
  claims.ca_sha256 = std::string(64, 'a');
  claims.tenant = id<TenantId>(2);
  claims.group = id<GroupId>(3);
  claims.expires = kNow + minutes{10};
  return claims;
}

MaintenanceClaims maintenance_claims() {
  return {id<TokenId>(1), id<AgentId>(9), id<TenantId>(2), kNow, kNow + minutes{15}};
}

TEST(EnrolToken, ComesBackAsItWasMade) {
  const auto key = crypto::SigningKey::generate();
  EnrolClaims claims = enrol_claims();
  for (const bool with_policy : {false, true}) {
    if (with_policy) claims.policy = id<PolicyId>(4);
    const std::string text = make_enrol_token(claims, key);
    const auto parsed = parse_enrol_token(text);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
    EXPECT_EQ(*parsed, claims);
    const auto verified = verify_enrol_token(text + "\n", key.public_key(), kNow);
    ASSERT_TRUE(verified.has_value()) << verified.error().message;
    EXPECT_EQ(*verified, claims);
  }
}

TEST(EnrolToken, OfAnotherManagerIsRefused) {
  const std::string text = make_enrol_token(enrol_claims(), crypto::SigningKey::generate());
  const auto verified = verify_enrol_token(text, crypto::SigningKey::generate().public_key(), kNow);
  ASSERT_FALSE(verified.has_value());
  EXPECT_EQ(verified.error().code, ErrorCode::Unauthenticated);
}

TEST(EnrolToken, IsRefusedFromTheSecondItExpires) {
  const auto key = crypto::SigningKey::generate();
  const std::string text = make_enrol_token(enrol_claims(), key);
  EXPECT_TRUE(verify_enrol_token(text, key.public_key(), kNow + minutes{10} - seconds{1}).has_value());
  EXPECT_FALSE(verify_enrol_token(text, key.public_key(), kNow + minutes{10}).has_value());
}

TEST(EnrolToken, WithAnyCharacterChangedOrCutIsRefused) {
  const auto key = crypto::SigningKey::generate();
  const std::string text = make_enrol_token(enrol_claims(), key);
  for (std::size_t i = 0; i < text.size(); ++i) {
    SCOPED_TRACE(i);
    std::string changed = text;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verify_enrol_token(changed, key.public_key(), kNow).has_value());
    EXPECT_FALSE(verify_enrol_token(text.substr(0, i), key.public_key(), kNow).has_value());
  }
}

std::string signed_text(std::string_view payload) {
  return "wdt1_" + to_base64url(as_bytes(payload)) + "_" + to_base64url(crypto::Signature{});
}

TEST(EnrolToken, ThatDoesNotSayAllIsRefusedWithThePlace) {
  const json::object good{{"id", id<TokenId>(1).text()},        {"secret", std::string(43, 's')},
                          {"urls", json::array{"https://a:1"}}, {"ca_sha256", std::string(64, 'a')},
                          {"tenant", id<TenantId>(2).text()},   {"exp", 1'800'000'000}};
  ASSERT_TRUE(parse_enrol_token(signed_text(canonical_json(good))).has_value());
  const std::pair<std::string_view, json::value> cases[] = {
      {"id", "no"},          {"secret", "short"},      {"urls", json::array{}}, {"urls", json::array{"http://a:1"}},
      {"urls", "https://a"}, {"ca_sha256", "AA"},      {"tenant", 7},           {"exp", "soon"},
      {"exp", -1},           {"group", "not-a-group"}, {"policy", nullptr},     {"exp", 999'999'999'999'999},
  };
  for (const auto& [key, value] : cases) {
    SCOPED_TRACE(key);
    json::object bad = good;
    bad[key] = value;
    const auto parsed = parse_enrol_token(signed_text(canonical_json(bad)));
    ASSERT_FALSE(parsed.has_value());
    EXPECT_NE(parsed.error().message.find(key), std::string::npos) << parsed.error().message;
  }
}

TEST(EnrolToken, ThatIsNoTokenIsRefused) {
  for (const std::string& text : {std::string{}, std::string{"wdt1_"}, std::string{"wdm1_e30_x"}, signed_text("[]"),
                                  signed_text("{"), std::string(kMaxTokenBytes + 1, 'w')})
    EXPECT_FALSE(parse_enrol_token(text).has_value()) << text.substr(0, 40);
}

TEST(MaintenanceToken, HoldsForOneAgentForAWhile) {
  const auto key = crypto::SigningKey::generate();
  const std::string text = make_maintenance_token(maintenance_claims(), key);
  const auto verify = [&](const AgentId& agent, Timestamp now) {
    return verify_maintenance_token(text, key.public_key(), agent, now);
  };
  const auto verified = verify(id<AgentId>(9), kNow);
  ASSERT_TRUE(verified.has_value()) << verified.error().message;
  EXPECT_EQ(*verified, maintenance_claims());
  EXPECT_EQ(verify(id<AgentId>(8), kNow).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(verify(id<AgentId>(9), kNow + minutes{15}).error().code, ErrorCode::Unauthenticated);
  EXPECT_TRUE(verify(id<AgentId>(9), kNow - minutes{5}).has_value());
  EXPECT_EQ(verify(id<AgentId>(9), kNow - minutes{6}).error().code, ErrorCode::Unauthenticated);
}

TEST(MaintenanceToken, IsNotAnEnrolmentToken) {
  const auto key = crypto::SigningKey::generate();
  EXPECT_FALSE(parse_enrol_token(make_maintenance_token(maintenance_claims(), key)).has_value());
  EXPECT_FALSE(verify_maintenance_token(make_enrol_token(enrol_claims(), key), key.public_key(), id<AgentId>(9), kNow)
                   .has_value());
}

TEST(AgentUri, NamesTenantAndAgentAndNothingElse) {
  const std::string uri = agent_uri(id<TenantId>(2), id<AgentId>(9));
  const auto parsed = parse_agent_uri(uri);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->tenant, id<TenantId>(2));
  EXPECT_EQ(parsed->agent, id<AgentId>(9));
  for (const std::string& bad : {uri + "/", uri.substr(1), "x" + uri.substr(1), uri.substr(0, uri.size() - 1) + "g",
                                 std::string{"warder://tenant/"}})
    EXPECT_FALSE(parse_agent_uri(bad).has_value()) << bad;
}

TEST(PublicKey, ComesBackFromText) {
  const auto key = crypto::SigningKey::generate();
  EXPECT_EQ(*parse_public_key(to_base64url(key.public_key())), key.public_key());
  EXPECT_FALSE(parse_public_key("AAAA").has_value());
}

}  // namespace
}  // namespace warder::protocol
