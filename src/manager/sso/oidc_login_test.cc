#include "manager/sso/oidc_login.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/bytes.h"
#include "base/json.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/testing/jws_signer.h"
#include "crypto/totp.h"
#include "manager/identity/testing.h"
#include "manager/sso/oidc_claims.h"

namespace warder::manager {
namespace {

using crypto::JwsAlgorithm;
using crypto::testing::JwsSigner;

constexpr std::string_view kCallback = "https://warder.example/callback";

std::string sha256_text(std::string_view text) {
  return to_base64url(crypto::sha256(as_bytes(text)));
}

/// What stands behind the '?' of a URL or in a form, decoded.
Query query_of(std::string_view text) {
  Query query;
  for (const std::string_view pair : split(text.substr(text.find('?') + 1), '&')) {
    const std::size_t equals = pair.find('=');
    std::string value;
    for (std::size_t i = equals + 1; i < pair.size(); ++i) {
      if (pair[i] != '%') {
        value += pair[i];
        continue;
      }
      value += static_cast<char>(std::stoi(std::string(pair.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    }
    query.emplace(std::string(pair.substr(0, equals)), std::move(value));
  }
  return query;
}

/// An issuer without a network: it answers what it is asked, and checks what a real one would.
struct FakeIssuer {
  explicit FakeIssuer(const host::Clock& now) : clock(now) {}

  /// Somebody logs in at its page; what it sends back.
  Query answer_to(const SsoDeparture& departure) {
    const Query asked = query_of(departure.location);
    EXPECT_EQ(asked.at("response_type"), "code");
    EXPECT_EQ(asked.at("code_challenge_method"), "S256");
    EXPECT_EQ(asked.at("redirect_uri"), kCallback);
    challenge = asked.at("code_challenge");
    claims = {{"iss", "https://id.example"},
              {"aud", "warder"},
              {"sub", "s-1"},
              {"nonce", asked.at("nonce")},
              {"preferred_username", "ann"},
              {"name", "Ann"},
              {"email", "ann@example.com"}};
    claims["groups"] = json::array{"ops"};
    const auto seconds = to_micros(clock.now()) / 1'000'000;
    claims["iat"] = seconds;
    claims["exp"] = seconds + 300;
    return {{"code", "the-code"}, {"state", asked.at("state")}, {"iss", "https://id.example"}};
  }

  Result<FetchAnswer> answer(const FetchRequest& request) {
    if (request.url.ends_with("/openid-configuration")) return FetchAnswer{200, json::serialize(document)};
    if (request.url.ends_with("/jwks")) return FetchAnswer{200, signer.jwks()};
    if (request.url.ends_with("/me")) return FetchAnswer{200, json::serialize(userinfo)};
    if (!request.url.ends_with("/token")) return FetchAnswer{404, {}};
    ++exchanges;
    authorization = request.authorization;
    const Query form = query_of("?" + request.form);
    const bool is_right = form.at("code") == "the-code" && sha256_text(form.at("code_verifier")) == challenge &&
                          form.at("redirect_uri") == kCallback && form.at("client_id") == "warder";
    if (!is_right) return FetchAnswer{400, R"({"error":"invalid_grant"})"};
    if (change) change(claims);
    return FetchAnswer{200, json::serialize(json::object{{"token_type", "Bearer"},
                                                         {"access_token", "access"},
                                                         {"id_token", signer.sign(json::serialize(claims))}})};
  }

  const host::Clock& clock;
  JwsSigner signer{JwsAlgorithm::Es256, "k1"};
  json::object document{{"issuer", "https://id.example"},
                        {"authorization_endpoint", "https://id.example/auth"},
                        {"token_endpoint", "https://id.example/token"},
                        {"userinfo_endpoint", "https://id.example/me"},
                        {"jwks_uri", "https://id.example/jwks"},
                        {"authorization_response_iss_parameter_supported", true}};
  json::object userinfo;
  json::object claims;
  std::function<void(json::object&)> change;
  std::string challenge;
  std::string authorization;
  int exchanges = 0;
};

struct TestSso {
  TestSso() {
    IdentityProviderDraft draft;
    draft.kind = "oidc";
    draft.name = "Example";
    draft.settings = {{"issuer", "https://id.example"}, {"client_id", "warder"}};
    draft.secret = "s3cret:&";
    draft.mappings = {{"ops", {"operator"}, {}}};
    place = {std::string(kFirstTenant), identity.identity.identity_providers().create(scope(), draft).value().id};
    draft.name = "Twin";
    twin = {std::string(kFirstTenant), identity.identity.identity_providers().create(scope(), draft).value().id};
  }
  [[nodiscard]] TenantScope scope() const { return identity.tenants.scope(); }
  SsoDeparture depart(const SsoStart& start = {std::string(kCallback), {}, 0}) {
    return sso.start(place, start).value();
  }
  Result<SsoArrival> arrive(const Query& answer, const std::string& cookie) {
    return sso.finish(place, answer, cookie, peer);
  }
  Result<SsoArrival> travel() {
    const SsoDeparture departure = depart();
    return arrive(issuer.answer_to(departure), departure.cookie);
  }
  Result<IdentityProvider> set(const std::string& key, const json::value& value) {
    IdentityProviderChange change;
    change.settings = identity.identity.identity_providers().find(scope(), place.provider).value().settings;
    (*change.settings)[key] = value;
    return identity.identity.update_identity_provider(scope(), place.provider, "*", change);
  }

  testing::TestIdentity identity{{login_tickets_schema()}};
  FakeIssuer issuer{identity.clock};
  OidcLogin sso{*identity.tenants, identity.identity, identity.audit, identity.clock,
                [this](const FetchRequest& request) { return issuer.answer(request); }};
  ProviderPlace place;
  ProviderPlace twin;
  IpAddress peer = IpAddress::v4(0x7f000001);
};

TEST(OidcLogin, BeginsASessionForWhomTheProviderHasProven) {
  TestSso test;
  const auto arrival = test.travel();
  ASSERT_TRUE(arrival) << arrival.error().message;
  EXPECT_EQ(test.issuer.authorization, "Basic " + to_base64(as_bytes(std::string_view("warder:s3cret%3A%26"))));
  const auto session = test.sso.begin_session(arrival->ticket, std::nullopt, {}, test.peer);
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ(session->principal.username, "ann");
  EXPECT_TRUE(session->principal.may("agents:write"));
  EXPECT_EQ(test.identity.identity.sessions_of(session->principal)->front().method, "oidc");
  EXPECT_EQ(test.identity.audited().front(), "session.login success");
  // The same person again is the same user; the ticket does not hold again.
  EXPECT_EQ(test.sso.begin_session(arrival->ticket, std::nullopt, {}, test.peer).error().code, ErrorCode::NotFound);
  const auto again = test.sso.begin_session(test.travel()->ticket, std::nullopt, {}, test.peer);
  EXPECT_EQ(again->principal.user, session->principal.user);
}

TEST(OidcLogin, TakesAnAnswerOnlyWithTheCookieOfItsOwnBeginning) {
  TestSso test;
  const SsoDeparture mine = test.depart();
  const SsoDeparture theirs = test.depart();
  const Query answer = test.issuer.answer_to(mine);
  struct Case {
    const char* name;
    Query answer;
    std::string cookie;
  };
  Query other_state = answer;
  other_state["state"] = "made-up";
  Query no_state = answer;
  no_state.erase("state");
  const Case cases[] = {
      {"no cookie", answer, {}},
      {"cookie of another login", answer, theirs.cookie},
      {"changed cookie", answer, mine.cookie.substr(0, mine.cookie.size() - 4) + "AAAA"},
      {"cookie that is none", answer, "x!"},
      {"state of another login", other_state, mine.cookie},
      {"no state", no_state, mine.cookie},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto refused = test.arrive(c.answer, c.cookie);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Unauthenticated);
  }
  // What the answer of one provider is, is never another's.
  EXPECT_FALSE(test.sso.finish(test.twin, answer, mine.cookie, test.peer));
  EXPECT_EQ(test.issuer.exchanges, 0);
  EXPECT_TRUE(test.arrive(answer, mine.cookie));
}

TEST(OidcLogin, TakesAnAnswerOnce) {
  TestSso test;
  const SsoDeparture departure = test.depart();
  const Query answer = test.issuer.answer_to(departure);
  ASSERT_TRUE(test.arrive(answer, departure.cookie));
  const auto again = test.arrive(answer, departure.cookie);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::Unauthenticated);
  EXPECT_EQ(test.issuer.exchanges, 1);
  EXPECT_EQ(test.identity.audited().front(), "session.login denied");
}

TEST(OidcLogin, TakesAnAnswerForTenMinutes) {
  TestSso test;
  const SsoDeparture departure = test.depart();
  const Query answer = test.issuer.answer_to(departure);
  test.identity.clock.advance(std::chrono::minutes(10));
  EXPECT_FALSE(test.arrive(answer, departure.cookie));
}

TEST(OidcLogin, RefusesAnswersThatAnotherIssuerMixesIn) {
  TestSso test;
  for (const char* issuer : {"https://evil.example", "https://id.example/", ""}) {
    SCOPED_TRACE(issuer);
    const SsoDeparture departure = test.depart();
    Query answer = test.issuer.answer_to(departure);
    answer["iss"] = issuer;
    EXPECT_FALSE(test.arrive(answer, departure.cookie));
  }
  const SsoDeparture departure = test.depart();
  Query answer = test.issuer.answer_to(departure);
  answer.erase("iss");
  EXPECT_FALSE(test.arrive(answer, departure.cookie)) << "the issuer says that it always names itself";
  EXPECT_EQ(test.issuer.exchanges, 0);
}

TEST(OidcLogin, RefusesWhatTheProviderDoesNotSayRightly) {
  struct Case {
    const char* name;
    std::function<void(json::object&)> change;
  };
  const Case cases[] = {
      {"token of another login", [](auto& c) { c["nonce"] = "other"; }},
      {"token for another client", [](auto& c) { c["aud"] = "other"; }},
      {"token of another issuer", [](auto& c) { c["iss"] = "https://evil.example"; }},
      {"no user name", [](auto& c) { c.erase("preferred_username"); }},
      {"user name that is no text", [](auto& c) { c["preferred_username"] = json::array{"ann"}; }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    TestSso test;
    test.issuer.change = c.change;
    const auto refused = test.travel();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Unauthenticated) << refused.error().message;
    EXPECT_EQ(test.identity.audited().front(), "session.login denied");
  }
}

TEST(OidcLogin, ErrorsOfTheProviderEndTheLogin) {
  TestSso test;
  SsoDeparture departure = test.depart();
  Query answer = test.issuer.answer_to(departure);
  answer.erase("code");
  answer["error"] = "access_denied";
  EXPECT_EQ(test.arrive(answer, departure.cookie).error().code, ErrorCode::Forbidden);
  departure = test.depart();
  answer = test.issuer.answer_to(departure);
  answer["error"] = "server_error";
  EXPECT_EQ(test.arrive(answer, departure.cookie).error().code, ErrorCode::Unauthenticated);
  departure = test.depart();
  answer = test.issuer.answer_to(departure);
  answer["code"] = "another-code";
  EXPECT_EQ(test.arrive(answer, departure.cookie).error().code, ErrorCode::Unauthenticated);
}

TEST(OidcLogin, FindsKeysThatTheProviderHasChanged) {
  TestSso test;
  ASSERT_TRUE(test.travel());
  test.issuer.signer = JwsSigner(JwsAlgorithm::Es256, "k2");
  test.identity.clock.advance(std::chrono::minutes(2));
  EXPECT_TRUE(test.travel());
  // Within the minute of the last question: refused, not asked again and again.
  test.issuer.signer = JwsSigner(JwsAlgorithm::Es256, "k3");
  EXPECT_EQ(test.travel().error().code, ErrorCode::Unauthenticated);
}

TEST(OidcLogin, GivesACommandLineItsTokenForItsOwnVerifierAlone) {
  TestSso test;
  const std::string verifier(43, 'v');
  const SsoStart start{std::string(kCallback), sha256_text(verifier), 40'000};
  const auto ticket = [&] {
    const SsoDeparture departure = test.depart(start);
    const auto arrival = test.arrive(test.issuer.answer_to(departure), departure.cookie);
    EXPECT_TRUE(arrival && arrival->is_command_line);
    EXPECT_EQ(arrival->port, 40'000);
    return arrival->ticket;
  };
  const auto session = test.sso.begin_session(ticket(), verifier, {}, test.peer);
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_TRUE(session->principal.is_bearer);
  EXPECT_FALSE(test.sso.begin_session(ticket(), std::string(43, 'w'), {}, test.peer));
  EXPECT_FALSE(test.sso.begin_session(ticket(), std::nullopt, {}, test.peer)) << "no cookie for it";
  EXPECT_FALSE(test.sso.begin_session(test.travel()->ticket, verifier, {}, test.peer)) << "a browser's is no token's";
}

TEST(OidcLogin, AsksForTheCodeWhereThereIsASecondFactorHere) {
  TestSso test;
  const auto first = test.sso.begin_session(test.travel()->ticket, std::nullopt, {}, test.peer);
  const auto setup = test.identity.identity.begin_second_factor(first->principal, {});
  ASSERT_TRUE(setup) << setup.error().message;
  const Bytes secret = testing::from_base32(setup->secret);
  const auto code = [&] {
    return crypto::hotp(secret, static_cast<std::uint64_t>(crypto::totp_step(test.identity.clock.now())));
  };
  ASSERT_TRUE(test.identity.identity.confirm_second_factor(first->principal, code()));
  test.identity.clock.advance(std::chrono::minutes(1));
  const std::string ticket = test.travel()->ticket;
  EXPECT_TRUE(test.sso.begin_session(ticket, std::nullopt, {}, test.peer)->needs_code);
  EXPECT_EQ(test.sso.begin_session(ticket, std::nullopt, {"000000"}, test.peer).error().code,
            ErrorCode::Unauthenticated);
  EXPECT_FALSE(test.sso.begin_session(ticket, std::nullopt, {code()}, test.peer)->needs_code);
  // The provider's proof is none until the settings say so.
  test.issuer.change = [](json::object& claims) { claims["amr"] = json::array{"pwd", "otp"}; };
  test.identity.clock.advance(std::chrono::minutes(1));
  EXPECT_TRUE(test.sso.begin_session(test.travel()->ticket, std::nullopt, {}, test.peer)->needs_code);
  ASSERT_TRUE(test.set("second_factor_amr", json::array{"otp"}));
  const auto proven = test.sso.begin_session(test.travel()->ticket, std::nullopt, {}, test.peer);
  EXPECT_FALSE(proven->needs_code);
  EXPECT_EQ(test.identity.identity.sessions_of(proven->principal)->front().method, "oidc+mfa");
}

TEST(OidcLogin, AsksForClaimsThatTheTokenLacksAboutTheSamePersonAlone) {
  TestSso test;
  ASSERT_TRUE(test.set("userinfo", true));
  test.issuer.change = [](json::object& claims) {
    claims.erase("preferred_username");
    claims.erase("groups");
  };
  test.issuer.userinfo = {{"sub", "s-1"},
                          {"preferred_username", "ann"},
                          {"groups", json::array{"ops"}},
                          {"amr", json::array{"otp"}},
                          {"name", "Another"}};
  ASSERT_TRUE(test.set("second_factor_amr", json::array{"otp"}));
  const auto arrival = test.travel();
  ASSERT_TRUE(arrival) << arrival.error().message;
  const auto session = test.sso.begin_session(arrival->ticket, std::nullopt, {}, test.peer);
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ(test.identity.identity.sessions_of(session->principal)->front().method, "oidc")
      << "amr is the token's alone";
  EXPECT_EQ(test.identity.identity.users().find(test.scope(), session->principal.user)->display_name, "Ann");
  test.issuer.userinfo["sub"] = "s-2";
  EXPECT_FALSE(test.travel());
}

TEST(OidcLogin, ShowsOnlyProvidersInUse) {
  TestSso test;
  EXPECT_EQ(test.sso.choices(kFirstTenant)->size(), 2U);
  IdentityProviderChange off;
  off.is_enabled = false;
  ASSERT_TRUE(test.identity.identity.update_identity_provider(test.scope(), test.place.provider, "*", off));
  EXPECT_EQ(test.sso.choices(kFirstTenant)->size(), 1U);
  EXPECT_TRUE(test.sso.choices("nobody")->empty());
  EXPECT_EQ(test.sso.start(test.place, {}).error().code, ErrorCode::NotFound);
  EXPECT_EQ(test.sso.start({"nobody", test.twin.provider}, {}).error().code, ErrorCode::NotFound);
}

TEST(OidcLogin, WhomNoMappingKnowsIsNotLetIn) {
  TestSso test;
  test.issuer.change = [](json::object& claims) { claims["groups"] = json::array{"choir"}; };
  const auto refused = test.sso.begin_session(test.travel()->ticket, std::nullopt, {}, test.peer);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Forbidden);
}

}  // namespace
}  // namespace warder::manager
