// The API as clients meet it: over TLS, through the listener.
#include <gtest/gtest.h>

#include <atomic>

#include "manager/api/testing.h"

namespace warder::manager {
namespace {

using testing::Answer;
using testing::ApiClient;
using testing::kGoodPassword;
using testing::TestApi;

TEST(Api, RefusesWhoIsNotLoggedIn) {
  TestApi api;
  const Answer answer = api.client().ask("GET", "/api/v1/users");
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.headers.at("content-type"), "application/problem+json");
  EXPECT_EQ(answer.at("/code"), "unauthenticated");
  for (const char* authorization : {"Authorization: Basic YTpi", "Authorization: Bearer wdk_x", "Authorization: Bearer",
                                    "Cookie: __Host-warder-session=x"}) {
    EXPECT_EQ(api.client().ask("GET", "/api/v1/users", {}, {authorization}).status, 401) << authorization;
  }
}

TEST(Api, ABrowsersFirstSession) {
  TestApi api;
  api.identity.add_user("ann");
  ApiClient browser = api.client();
  const Answer session = browser.log_in("ann", kGoodPassword);
  EXPECT_EQ(session.status, 200);
  EXPECT_EQ(session.at("/must_change_password"), "true");
  const std::string& cookie = session.headers.at("set-cookie");
  EXPECT_TRUE(cookie.starts_with("__Host-warder-session="));
  for (const char* attribute : {"; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"}) {
    EXPECT_NE(cookie.find(attribute), std::string::npos) << attribute;
  }
  EXPECT_EQ(browser.ask("GET", "/api/v1/users").status, 403);  // change the one-time password first
  const std::string change = R"({"current":"Correct-Horse-7","new":"Another-Horse-8"})";
  EXPECT_EQ(browser.ask("PUT", "/api/v1/session/password", change).status, 204);
  EXPECT_EQ(browser.ask("GET", "/api/v1/users").status, 200);
  EXPECT_EQ(browser.ask("GET", "/api/v1/session").at("/csrf_token"), browser.csrf_token);
  EXPECT_EQ(browser.ask("DELETE", "/api/v1/session").status, 204);
  EXPECT_EQ(browser.ask("GET", "/api/v1/session").status, 401);
}

TEST(Api, ABrowserMustProveThatItsPageAsked) {
  TestApi api;
  api.identity.add_user("ann");
  ApiClient browser = api.client();
  browser.log_in("ann", kGoodPassword);
  EXPECT_EQ(browser.ask("DELETE", "/api/v1/session", {}, {"X-CSRF-Token: wrong"}).status, 403);
  EXPECT_EQ(browser.ask("DELETE", "/api/v1/session", {}, {"Origin: https://evil.example"}).status, 403);
  EXPECT_EQ(browser.ask("DELETE", "/api/v1/session", {}, {"Sec-Fetch-Site: cross-site"}).status, 403);
  EXPECT_EQ(browser.ask("DELETE", "/api/v1/session", {}, {"Sec-Fetch-Site: same-origin"}).status, 204);
  const std::string body = ApiClient::log_in_body("ann", kGoodPassword);
  EXPECT_EQ(api.client().ask("POST", "/api/v1/session", body, {"Origin: https://evil.example"}).status, 403);
}

TEST(Api, ChecksRightsAndAuditsRefusals) {
  TestApi api;
  ApiClient auditor = api.member("eve", "auditor");
  EXPECT_EQ(auditor.ask("GET", "/api/v1/users").status, 200);
  const Answer refused = auditor.ask("POST", "/api/v1/users", "{}");
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.at("/detail").find("users:write"), std::string::npos);
  EXPECT_EQ(api.identity.audited().front(), "access.denied denied");
}

TEST(Api, AUserWithoutAPasswordGetsALinkOnce) {
  TestApi api;
  ApiClient admin = api.member("ann");
  const Answer made = admin.ask("POST", "/api/v1/users", R"({"username":"bob","roles":["auditor"]})");
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.at("/link/path"), "/reset#" + made.at("/link/token"));
  const Answer shown = admin.ask("GET", "/api/v1/users/" + made.at("/id"));
  EXPECT_EQ(shown.at("/link"), "absent");
  const json::object chosen{{"token", made.at("/link/token")}, {"new", kGoodPassword}};
  EXPECT_EQ(api.client().ask("POST", "/api/v1/password-resets", json::serialize(chosen)).status, 204);
  EXPECT_EQ(api.client().ask("POST", "/api/v1/password-resets", json::serialize(chosen)).status, 400);
  ApiClient bob = api.client();
  ASSERT_EQ(bob.log_in("bob", kGoodPassword).status, 200);
  EXPECT_EQ(bob.ask("GET", "/api/v1/users").status, 200) << "nothing has to be changed first";
  const Answer given =
      admin.ask("POST", "/api/v1/users", R"({"username":"cat","password":"Correct-Horse-7","roles":["auditor"]})");
  EXPECT_EQ(given.at("/link"), "absent");
}

TEST(Api, NamesEveryMistakeInABody) {
  TestApi api;
  ApiClient client = api.member("ann");
  const Answer answer = client.ask("POST", "/api/v1/users",
                                   R"({"username":"UPPER","password":5,"roles":["God"],"locale":"xx","extra/key":1})");
  EXPECT_EQ(answer.status, 400);
  std::map<std::string, std::string> codes;
  for (const json::value& error : answer.body.at("errors").as_array()) {
    codes[std::string(error.at("pointer").as_string())] = std::string(error.at("code").as_string());
  }
  EXPECT_EQ(codes, (std::map<std::string, std::string>{{"/username", "pattern"},
                                                       {"/password", "type"},
                                                       {"/roles/0", "pattern"},
                                                       {"/locale", "enum"},
                                                       {"/extra~1key", "unknown"}}));
}

TEST(Api, MapsMistakesToStatusCodes) {
  TestApi api;
  ApiClient client = api.member("ann");
  const std::string user = R"({"username":"bob","password":"Correct-Horse-7","roles":["auditor"]})";
  const std::string id = client.ask("POST", "/api/v1/users", user).at("/id");
  struct Case {
    const char* name;
    const char* method;
    std::string path;
    std::string body;
    std::vector<std::string> headers;
    long status;
  };
  const Case cases[] = {
      {"bad JSON", "POST", "/users", "{", {}, 400},
      {"duplicate key", "POST", "/users", R"({"username":"a","username":"b"})", {}, 400},
      {"too deep", "POST", "/users", std::string(40, '[') + std::string(40, ']'), {}, 400},
      {"no body", "POST", "/users", "", {}, 400},
      {"body where none belongs", "GET", "/users", "{}", {}, 400},
      {"unknown parameter", "GET", "/users?x=1", "", {}, 400},
      {"parameter out of range", "GET", "/users?limit=0", "", {}, 400},
      {"parameter not a number", "GET", "/users?limit=x", "", {}, 400},
      {"not a UUID", "GET", "/users/x", "", {}, 400},
      {"absent object", "GET", "/users/0190a0a0-0000-7000-8000-000000000001", "", {}, 404},
      {"absent path", "GET", "/nothing", "", {}, 404},
      {"trailing slash", "GET", "/users/", "", {}, 404},
      {"wrong method", "PUT", "/users", "{}", {}, 405},
      {"name taken", "POST", "/users", user, {}, 409},
      {"empty password", "POST", "/users", R"({"username":"x","password":"","roles":["auditor"]})", {}, 400},
      {"bad password", "POST", "/users", R"({"username":"x","password":"short","roles":["auditor"]})", {}, 400},
      {"wrong content type", "POST", "/users", user, {"Content-Type: text/plain"}, 415},
      {"too large", "POST", "/users", std::string((1 << 20) + 1, ' '), {}, 413},
      {"no If-Match", "PATCH", "/users/" + id, "{}", {}, 428},
      {"old If-Match", "PATCH", "/users/" + id, "{}", {"If-Match: \"7\""}, 412},
      {"If-Match", "PATCH", "/users/" + id, "{}", {"If-Match: \"1\""}, 200},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const Answer answer = client.ask(c.method, "/api/v1" + c.path, c.body, c.headers);
    EXPECT_EQ(answer.status, c.status) << answer.text;
  }
  EXPECT_EQ(client.ask("PUT", "/api/v1/users", "{}").headers.at("allow"), "GET, POST");
}

TEST(Api, LimitsAttemptsToLogIn) {
  TestApi api;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(api.client().ask("POST", "/api/v1/tokens", ApiClient::log_in_body("x", "y")).status, 401);
  }
  const Answer answer = api.client().ask("POST", "/api/v1/tokens", ApiClient::log_in_body("x", "y"));
  EXPECT_EQ(answer.status, 429);
  EXPECT_TRUE(answer.headers.contains("retry-after"));
}

TEST(Api, DoesARequestWithAnIdempotencyKeyOnce) {
  std::atomic<int> made = 0;
  Routes routes;
  routes.add("createGroup", [&made](const ApiRequest&) -> Result<ApiResponse> {
    ApiResponse response;
    response.status = 201;
    response.body = json::object{{"id", "0190a0a0-0000-7000-8000-00000000000" + std::to_string(++made)},
                                 {"name", "g"},
                                 {"parent_id", nullptr},
                                 {"policy_id", nullptr},
                                 {"agents", 0},
                                 {"etag", "\"1\""}};
    return response;
  });
  TestApi api(std::move(routes));
  ApiClient ann = api.member("ann");
  ApiClient bob = api.member("bob");
  const std::vector<std::string> key{"Idempotency-Key: one"};
  const Answer first = ann.ask("POST", "/api/v1/groups", R"({"name":"g"})", key);
  const Answer again = ann.ask("POST", "/api/v1/groups", R"({"name":"g"})", key);
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(first.text, again.text);
  EXPECT_EQ(made, 1);
  EXPECT_EQ(ann.ask("POST", "/api/v1/groups", R"({"name":"other"})", key).status, 422);
  EXPECT_EQ(bob.ask("POST", "/api/v1/groups", R"({"name":"g"})", key).status, 201);
  EXPECT_EQ(made, 2);
  api.identity.clock.advance(std::chrono::hours(11));
  EXPECT_EQ(ann.ask("POST", "/api/v1/groups", R"({"name":"g"})", key).text, first.text);
}

TEST(Api, GivesHandlersDefaultsAndDecodedParameters) {
  std::string seen;
  Routes routes;
  routes.add("listEvents", [&seen](const ApiRequest& request) -> Result<ApiResponse> {
    seen = std::to_string(request.query_int("limit")) + "|" + request.query("filter").value_or("-") + "|" +
           request.query("cursor").value_or("-") + "|" + std::string(request.locale());
    ApiResponse response;
    response.body = json::object{{"items", json::array()}, {"next_cursor", nullptr}};
    return response;
  });
  TestApi api(std::move(routes));
  ApiClient client = api.member("ann");
  EXPECT_EQ(client.ask("GET", "/api/v1/events").status, 200);
  EXPECT_EQ(seen, "100|-|-|en");
  EXPECT_EQ(
      client.ask("GET", "/api/v1/events?limit=7&filter=a%3A%22b+c%22", {}, {"Accept-Language: fr, ja-JP;q=0.8"}).status,
      200);
  EXPECT_EQ(seen, "7|a:\"b c\"|-|ja");
}

TEST(Api, HidesItsOwnFaults) {
  Routes routes;
  routes.add("listGroups",
             [](const ApiRequest&) -> Result<ApiResponse> { return fail(ErrorCode::Internal, "SQL: secret detail"); });
  routes.add("listPolicies", [](const ApiRequest&) -> Result<ApiResponse> {
    ApiResponse response;
    response.body = json::object{{"items", 5}};  // not what the contract says
    return response;
  });
  routes.add("listContent",
             [](const ApiRequest&) -> Result<ApiResponse> { throw std::runtime_error("secret detail"); });
  TestApi api(std::move(routes));
  ApiClient client = api.member("ann");
  for (const char* path : {"/api/v1/groups", "/api/v1/policies", "/api/v1/content"}) {
    const Answer answer = client.ask("GET", path);
    EXPECT_EQ(answer.status, 500) << path;
    EXPECT_EQ(answer.text.find("secret"), std::string::npos);
    EXPECT_EQ(answer.at("/trace_id").size(), 16U);
  }
}

TEST(Api, AnswersHaveSecurityHeaders) {
  TestApi api;
  for (const char* path : {"/", "/api/v1/session", "/livez", "/nothing.js"}) {
    const Answer answer = api.client().ask("GET", path);
    SCOPED_TRACE(path);
    const std::string& policy = answer.headers.at("content-security-policy");
    EXPECT_NE(policy.find("script-src 'self';"), std::string::npos);
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
    EXPECT_EQ(answer.headers.at("x-content-type-options"), "nosniff");
    EXPECT_TRUE(answer.headers.contains("strict-transport-security"));
  }
  EXPECT_EQ(api.client().ask("GET", "/api/v1/session").headers.at("cache-control"), "no-store");
}

TEST(Api, ServesItsContractAndHealth) {
  TestApi api;
  EXPECT_EQ(api.client().ask("GET", "/api/v1/openapi.json").at("/info/title"), "Warder");
  EXPECT_EQ(api.client().ask("GET", "/livez").text, "ok\n");
  EXPECT_EQ(api.client().ask("GET", "/readyz").text, "ok\n");
}

TEST(Api, DisablingAUserEndsTheirSessions) {
  TestApi api;
  ApiClient ann = api.member("ann");
  ApiClient bob = api.member("bob");
  const std::string id = bob.ask("GET", "/api/v1/session").at("/user/id");
  EXPECT_EQ(ann.ask("PATCH", "/api/v1/users/" + id, R"({"disabled":true})", {"If-Match: *"}).status, 200);
  EXPECT_EQ(bob.ask("GET", "/api/v1/session").status, 401);
  EXPECT_EQ(ann.ask("DELETE", "/api/v1/users/" + id, {}, {"If-Match: *"}).status, 204);
  EXPECT_EQ(ann.ask("GET", "/api/v1/users/" + id).status, 404);
}

TEST(Api, ApprovalsNeedTwo) {
  TestApi api;
  ApiClient ann = api.member("ann");
  ApiClient bob = api.member("bob");
  const Answer asked = ann.ask("POST", "/api/v1/approvals", R"({"action":"a","object":"o","reason":"r"})");
  EXPECT_EQ(asked.status, 201);
  const std::string decision = "/api/v1/approvals/" + asked.at("/id") + "/decision";
  EXPECT_EQ(ann.ask("POST", decision, R"({"approve":true})").status, 403);
  EXPECT_EQ(bob.ask("POST", decision, R"({"approve":true})").at("/state"), "approved");
  EXPECT_EQ(bob.ask("POST", decision, R"({"approve":true})").status, 409);
  EXPECT_EQ(ann.ask("GET", "/api/v1/approvals").at("/items/0/state"), "approved");
}

TEST(Api, MustHaveAHandlerForEachOperationAndNoOther) {
  testing::TestIdentity identity(std::vector<FeatureSchema>{idempotency_schema()});
  IdempotencyStore idempotency(*identity.tenants, identity.clock);
  testing::QuietLog log;
  Metrics metrics;
  const auto make = [&](Routes routes) {
    return make_api({"/nonexistent", true}, {identity.identity, idempotency, identity.clock, log, metrics, {}},
                    std::move(routes));
  };
  Routes all;
  const Contract contract = Contract::load(openapi_yaml()).value();
  for (const Operation& operation : contract.operations()) all.add(operation.id, {});
  EXPECT_TRUE(make(all));
  EXPECT_NE(make({}).error().message.find("no handler"), std::string::npos);
  all.add("anotherOne", {});
  EXPECT_NE(make(all).error().message.find("anotherOne"), std::string::npos);
}

}  // namespace
}  // namespace warder::manager
