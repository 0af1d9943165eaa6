// Roles, API keys and rate limits as a client meets them.
#include <gtest/gtest.h>

#include "manager/api/testing.h"

namespace warder::manager {
namespace {

using testing::Answer;
using testing::ApiClient;
using testing::TestApi;

std::string last_denial(TestApi& api) {
  const AuditPage page = api.identity.audit.list(api.identity.tenants.scope(), {}).value();
  for (const AuditEntry& entry : page.items) {
    const json::value* reason = entry.record.detail.if_contains("reason");
    if (entry.record.action == "access.denied" && reason != nullptr) return std::string(reason->as_string());
  }
  return {};
}

TEST(Access, RolesAreMadeChangedAndRemoved) {
  TestApi api;
  ApiClient root = api.member("root");
  const std::string body = R"({"name":"helpdesk","description":"Looks","rights":["agents:read"]})";
  const Answer made = root.ask("POST", "/api/v1/roles", body);
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.at("/built_in"), "false");
  EXPECT_EQ(root.ask("POST", "/api/v1/roles", body).status, 409);
  EXPECT_EQ(root.ask("GET", "/api/v1/roles").at("/items/5/name"), "helpdesk");
  EXPECT_EQ(root.ask("PATCH", "/api/v1/roles/helpdesk", R"({"rights":["events:read"]})").status, 428);
  const Answer changed =
      root.ask("PATCH", "/api/v1/roles/helpdesk", R"({"rights":["events:read"]})", {"If-Match: " + made.at("/etag")});
  EXPECT_EQ(changed.at("/rights"), R"(["events:read"])");
  EXPECT_EQ(root.ask("DELETE", "/api/v1/roles/auditor", "", {"If-Match: *"}).status, 409);
  EXPECT_EQ(root.ask("DELETE", "/api/v1/roles/helpdesk", "", {"If-Match: *"}).status, 204);
  EXPECT_EQ(root.ask("GET", "/api/v1/roles/helpdesk").status, 404);
}

TEST(Access, NobodyRaisesAnybodyAndTheAuditLogSaysWhy) {
  TestApi api;
  api.member("root");
  Rights rights = rights_of(*find_built_in_role(kFullAccess));
  rights.erase("content:write");
  ASSERT_TRUE(api.identity.identity.roles().create(api.identity.tenants.scope(), {"users-admin", "", rights}));
  ApiClient admin = api.member("admin", "users-admin");
  const Answer refused =
      admin.ask("POST", "/api/v1/users", R"({"username":"eve","password":"Correct-Horse-7","roles":["full-access"]})");
  EXPECT_EQ(refused.status, 403) << refused.text;
  EXPECT_EQ(last_denial(api), "these roles exceed your own rights: content:write");
  EXPECT_EQ(admin.ask("POST", "/api/v1/roles", R"({"name":"x","rights":["content:write"]})").status, 403);
  EXPECT_EQ(
      admin
          .ask(
              "POST", "/api/v1/users",
              R"({"username":"eve","password":"Correct-Horse-7","roles":[],"scoped_roles":[{"role":"operator","tags":["web"]}]})")
          .status,
      201);
}

TEST(Access, AKeyIsShownOnceAndWorksUntilItIsRevoked) {
  TestApi api;
  ApiClient root = api.member("root");
  const Answer made =
      root.ask("POST", "/api/v1/api-keys", R"({"name":"siem","rights":["users:read"],"networks":["127.0.0.0/8"]})");
  ASSERT_EQ(made.status, 201) << made.text;
  ApiClient program = api.client();
  program.bearer = made.at("/key");
  EXPECT_EQ(program.ask("GET", "/api/v1/users").status, 200);
  EXPECT_EQ(program.ask("GET", "/api/v1/roles").status, 403);
  EXPECT_EQ(program.ask("GET", "/api/v1/session").at("/rights"), R"(["users:read"])");
  EXPECT_EQ(program.ask("DELETE", "/api/v1/session").status, 403);
  const Answer shown = root.ask("GET", "/api/v1/api-keys/" + made.at("/id"));
  EXPECT_EQ(shown.at("/key"), "absent");
  EXPECT_EQ(shown.at("/last_address"), "127.0.0.1");
  EXPECT_EQ(root.ask("GET", "/api/v1/api-keys").text.find(made.at("/key")), std::string::npos);
  EXPECT_EQ(root.ask("DELETE", "/api/v1/api-keys/" + made.at("/id")).status, 204);
  EXPECT_EQ(program.ask("GET", "/api/v1/users").status, 401);
  EXPECT_EQ(
      root.ask("POST", "/api/v1/api-keys", R"({"name":"x","rights":["users:read"],"networks":["10.0.0.1/8"]})").status,
      400);
}

TEST(Access, IdentityProvidersAreSetWithoutTheSecretComingOut) {
  TestApi api;
  ApiClient root = api.member("root");
  const std::string body =
      R"({"kind":"oidc","name":"Example","settings":{"issuer":"https://id.example","client_id":"warder"},)"
      R"("secret":"Seldom-Seen-9","mappings":[{"group":"ops","roles":["operator"],)"
      R"("scoped_roles":[{"role":"auditor","tags":["pci"]}]}]})";
  const Answer made = root.ask("POST", "/api/v1/identity-providers", body);
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.at("/has_secret"), "true");
  EXPECT_EQ(made.at("/settings/username_claim"), "preferred_username");
  const std::string path = "/api/v1/identity-providers/" + made.at("/id");
  const Answer changed = root.ask("PATCH", path, R"({"enabled":false,"mappings":[{"group":"*","roles":["auditor"]}]})",
                                  {"If-Match: " + made.at("/etag")});
  EXPECT_EQ(changed.at("/mappings/0/group"), "*");
  const Answer listed = root.ask("GET", "/api/v1/identity-providers");
  EXPECT_EQ(listed.at("/items/0/enabled"), "false");
  for (const Answer& answer : {made, changed, listed, root.ask("GET", path)})
    EXPECT_EQ(answer.text.find("Seldom-Seen-9"), std::string::npos);
  EXPECT_EQ(root.ask("POST", "/api/v1/identity-providers", R"({"kind":"oidc","name":"X","settings":{"issuer":"x"}})")
                .at("/errors/0/pointer"),
            "/settings/issuer");
  ApiClient auditor = api.member("eve", "auditor");
  EXPECT_EQ(auditor.ask("GET", path).status, 200);
  EXPECT_EQ(auditor.ask("DELETE", path, "", {"If-Match: *"}).status, 403);
  EXPECT_EQ(root.ask("DELETE", path, "", {"If-Match: *"}).status, 204);
  EXPECT_EQ(root.ask("GET", path).status, 404);
}

TEST(Access, UsersSayWhereTheyAreKnownFrom) {
  TestApi api;
  ApiClient root = api.member("root");
  IdentityProviderDraft draft{"oidc", "Example", true, {}, {}, {{"*", {"auditor"}, {}}}};
  draft.settings = {{"issuer", "https://id.example"}, {"client_id", "warder"}, {"client_authentication", "none"}};
  const TenantScope scope = api.identity.tenants.scope();
  const IdentityProvider provider = api.identity.identity.identity_providers().create(scope, draft).value();
  const User ann =
      api.identity.identity.external_users().admit(scope, {provider.id, "1", "ann", "Ann", {}, {}, false}).value();
  const std::string path = "/api/v1/users/" + ann.id.text();
  EXPECT_EQ(root.ask("GET", path).at("/source/name"), "Example");
  EXPECT_EQ(root.ask("GET", "/api/v1/session").at("/user/source"), "null");
  EXPECT_EQ(root.ask("POST", path + "/password-reset").status, 409);
  EXPECT_EQ(root.ask("POST", path + "/compromised").status, 409);
  EXPECT_EQ(root.ask("PATCH", path, R"({"roles":["full-access"]})", {"If-Match: *"}).status, 409);
  EXPECT_EQ(root.ask("PATCH", path, R"({"disabled":true})", {"If-Match: *"}).status, 200);
}

TEST(Access, TooManyRequestsAreRefusedWithTheTimeToWait) {
  TestApi api({}, "/nonexistent", {.per_key = 3});
  ApiClient root = api.member("root");
  const Answer first = root.ask("GET", "/api/v1/session");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.headers.at("ratelimit-policy"), "\"key\";q=3;w=60");
  EXPECT_EQ(first.headers.at("ratelimit"), "\"key\";r=2;t=20");
  root.ask("GET", "/api/v1/session");
  root.ask("GET", "/api/v1/session");
  const Answer refused = root.ask("GET", "/api/v1/session");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers.at("retry-after"), "20");
  api.identity.clock.advance(std::chrono::seconds(20));
  EXPECT_EQ(root.ask("GET", "/api/v1/session").status, 200);
}

}  // namespace
}  // namespace warder::manager
