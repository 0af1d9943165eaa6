// Single sign-on at the door: what a browser gets, before and after the provider.
#include <gtest/gtest.h>

#include "manager/api/testing.h"
#include "manager/sso/oidc_login.h"

namespace warder::manager {
namespace {

using testing::Answer;
using testing::ApiClient;
using testing::TestApi;
using testing::TestIdentity;

constexpr const char* kDocument =
    R"({"issuer":"https://id.example","authorization_endpoint":"https://id.example/auth?a=b",
  "token_endpoint":"https://id.example/token","jwks_uri":"https://id.example/jwks"})";

struct TestSso {
  std::unique_ptr<OidcLogin> login;
  TestApi api{{}, "/nonexistent", {}, {login_tickets_schema()}, {}, [this](Routes& routes, TestIdentity& identity) {
                login =
                    std::make_unique<OidcLogin>(*identity.tenants, identity.identity, identity.audit, identity.clock,
                                                [](const FetchRequest& request) -> Result<FetchAnswer> {
                                                  if (request.url.ends_with("openid-configuration"))
                                                    return FetchAnswer{200, kDocument};
                                                  return fail(ErrorCode::Unavailable, "down");
                                                });
                add_sso_routes(routes, identity.identity, *login, "https://warder.example/");
              }};
  ApiClient browser = api.client();
  std::string path = "/api/v1/sso/primary/" + make_provider();

  std::string make_provider() {
    IdentityProviderDraft draft{"oidc", "Example", true, {}, "secret", {{"*", {"auditor"}, {}}}};
    draft.settings = {{"issuer", "https://id.example"}, {"client_id", "warder"}};
    return api.identity.identity.identity_providers().create(api.identity.tenants.scope(), draft)->id.text();
  }
};

TEST(SsoRoutes, ShowTheProvidersOfATenantAndTellNothingOfOthers) {
  TestSso test;
  const Answer shown = test.browser.ask("GET", "/api/v1/sso/primary/providers");
  EXPECT_EQ(shown.at("/items/0/name"), "Example");
  EXPECT_EQ(shown.text.find("issuer"), std::string::npos);
  const Answer none = test.browser.ask("GET", "/api/v1/sso/no-such-tenant/providers");
  EXPECT_EQ(none.status, 200);
  EXPECT_EQ(none.at("/items"), "[]");
}

TEST(SsoRoutes, SendABrowserOffWithACookieForItsAnswer) {
  TestSso test;
  const Answer start = test.browser.ask("GET", test.path + "/start");
  ASSERT_EQ(start.status, 302) << start.text;
  const std::string& location = start.headers.at("location");
  EXPECT_TRUE(location.starts_with("https://id.example/auth?a=b&response_type=code&client_id=warder&")) << location;
  EXPECT_NE(location.find("redirect_uri=https%3A%2F%2Fwarder.example%2Fapi%2Fv1%2Fsso%2Fprimary%2F"),
            std::string::npos);
  EXPECT_NE(location.find("code_challenge_method=S256"), std::string::npos);
  const std::string& cookie = start.headers.at("set-cookie");
  EXPECT_TRUE(cookie.starts_with("__Host-warder-sso="));
  EXPECT_TRUE(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600")) << cookie;
  EXPECT_EQ(start.headers.at("cache-control"), "no-store");
  EXPECT_EQ(test.browser.ask("GET", test.path + "/start?challenge=short").status, 400);
  EXPECT_EQ(test.browser.ask("GET", test.path + "/start?port=22").status, 400);
  EXPECT_EQ(test.browser.ask("GET", "/api/v1/sso/primary/01935f00-0000-7000-8000-000000000001/start").status, 404);
}

TEST(SsoRoutes, LeadWrongAnswersBackToTheLoginPage) {
  TestSso test;
  const Answer strange = test.browser.ask("GET", test.path + "/callback?state=x&code=y&session_state=z&unknown=1");
  EXPECT_EQ(strange.status, 302) << strange.text;
  EXPECT_EQ(strange.headers.at("location"), "/login?sso=failed");
  EXPECT_NE(strange.headers.at("set-cookie").find("Max-Age=0"), std::string::npos);
  const Answer start = test.browser.ask("GET", test.path + "/start");
  test.browser.cookie = start.headers.at("set-cookie").substr(0, start.headers.at("set-cookie").find(';'));
  const std::string& location = start.headers.at("location");
  const std::size_t state = location.find("&state=") + 1;
  const std::string query = location.substr(state, location.find('&', state) - state);
  EXPECT_EQ(test.browser.ask("GET", test.path + "/callback?error=access_denied&" + query).headers.at("location"),
            "/login?sso=cancelled");
  EXPECT_EQ(test.api.identity.audited().front(), "session.login denied");
}

TEST(SsoRoutes, BeginNoSessionWithoutATicket) {
  TestSso test;
  EXPECT_EQ(test.browser.ask("POST", "/api/v1/sso/session", "{}").status, 404);
  EXPECT_EQ(test.browser.ask("POST", "/api/v1/sso/session", "{}", {"Origin: https://evil.example"}).status, 403);
  const std::string body = R"({"ticket":"019353c8-74ac-7000-8000-0123456789ab.x","verifier":")" + std::string(43, 'v');
  EXPECT_EQ(test.browser.ask("POST", "/api/v1/sso/tokens", body + "\"}").status, 404);
}

}  // namespace
}  // namespace warder::manager
