#include "manager/api/routes_tenants.h"

#include <gtest/gtest.h>

#include "manager/api/testing.h"
#include "manager/events/testing.h"
#include "manager/fleet/agents.h"

namespace warder::manager {
namespace {

using testing::Answer;
using testing::ApiClient;
using testing::TestApi;

/// What provisioning stands on, for as long as the API.
struct Parts {
  explicit Parts(testing::TestIdentity& test)
      : policies(*test.tenants, test.audit, bus, test.clock),
        events(*test.tenants, feed, test.clock),
        provisioning(*test.tenants, test.identity, policies, test.audit, test.clock),
        usage(*test.tenants, events, test.clock),
        exports(*test.tenants, test.audit, events, messages, test.clock, testing::TestIdentity::schemas(schemas())),
        isolation(*test.tenants, test.identity, policies, test.audit, events, test.clock) {}

  static std::vector<FeatureSchema> schemas() { return with_events({policies_schema(), fleet_schema()}); }

  ChangeBus bus;
  EventFeed feed;
  Messages messages = Messages::load(WARDER_SOURCE_DIR "/content/messages").value();
  Policies policies;
  EventStore events;
  Provisioning provisioning;
  Usage usage;
  TenantExport exports;
  IsolationCheck isolation;
};

struct Fixture {
  void add(Routes& routes, testing::TestIdentity& test) {
    parts = std::make_unique<Parts>(test);
    add_tenant_routes(routes, {*test.tenants, parts->provisioning, parts->usage, parts->exports, parts->isolation});
  }
  /// Somebody of another tenant, made by `root`.
  ApiClient of_tenant(ApiClient& root, const std::string& name) {
    const Answer made = root.ask("POST", "/api/v1/tenants", R"({"name":")" + name + "\"}");
    EXPECT_EQ(made.status, 201) << made.text;
    ApiClient client = api.client();
    const std::string choice = R"({"token":")" + made.at("/link/token") + R"(","new":"Quiet-Harbor-Lights-42"})";
    EXPECT_EQ(client.ask("POST", "/api/v1/password-resets", choice).status, 204);
    EXPECT_EQ(client.log_in(made.at("/username"), "Quiet-Harbor-Lights-42").status, 200);
    return client;
  }

  std::unique_ptr<Parts> parts;
  TestApi api{{},
              "/nonexistent",
              {},
              Parts::schemas(),
              {provisioning_schema()},
              [this](Routes& routes, testing::TestIdentity& test) { add(routes, test); }};
};

TEST(TenantRoutesTest, ATenantsLife) {
  Fixture test;
  ApiClient root = test.api.member("root");
  const Answer made = root.ask("POST", "/api/v1/tenants",
                               R"({"name":"acme","limits":{"max_agents":10},"administrator":{"username":"boss"}})");
  ASSERT_EQ(made.status, 201) << made.text;
  EXPECT_EQ(made.at("/username"), "acme/boss");
  EXPECT_EQ(made.at("/tenant/limits/max_agents"), "10");
  EXPECT_EQ(made.at("/tenant/limits/max_users"), "null");
  const std::string path = "/api/v1/tenants/" + made.at("/tenant/id");
  const Answer page = root.ask("GET", "/api/v1/tenants?limit=1");
  EXPECT_EQ(page.at("/items/0/name"), "primary");
  EXPECT_EQ(page.at("/items/1"), "absent");
  const Answer last = root.ask("GET", "/api/v1/tenants?limit=1&cursor=" + page.at("/next_cursor"));
  EXPECT_EQ(last.at("/items/0/name"), "acme");
  EXPECT_EQ(last.at("/next_cursor"), "null");
  EXPECT_EQ(root.ask("GET", "/api/v1/tenants?cursor=bm9uZQ").status, 400);
  EXPECT_EQ(root.ask("PATCH", path, R"({"limits":{"max_agents":null,"max_users":3}})").at("/limits/max_agents"),
            "null");
  EXPECT_EQ(root.ask("GET", path).at("/limits/max_users"), "3");
  EXPECT_EQ(root.ask("POST", path + "/status", R"({"status":"suspended"})").status, 400);
  EXPECT_EQ(root.ask("POST", path + "/status", R"({"status":"suspended","reason":"unpaid"})").at("/status"),
            "suspended");
  EXPECT_EQ(root.ask("POST", path + "/status", R"({"status":"deleting","reason":"left"})").at("/status"), "deleting");
  EXPECT_EQ(root.ask("GET", path).at("/deletion_due"), "2026-01-31T00:00:00.000000Z");
  EXPECT_EQ(root.ask("POST", path + "/status", R"({"status":"active"})").at("/status"), "active");
  const Answer usage = root.ask("GET", path + "/usage");
  EXPECT_EQ(usage.at("/today/users"), "1") << usage.text;
  EXPECT_EQ(usage.at("/days"), "[]");
}

TEST(TenantRoutesTest, AnotherTenantSeesOnlyItself) {
  Fixture test;
  ApiClient root = test.api.member("root");
  ApiClient acme = test.of_tenant(root, "acme");
  EXPECT_EQ(acme.ask("GET", "/api/v1/tenants").status, 403);
  EXPECT_EQ(acme.ask("POST", "/api/v1/tenants", R"({"name":"mine"})").status, 403);
  EXPECT_EQ(acme.ask("GET", "/api/v1/tenant-template").status, 403);
  EXPECT_EQ(acme.ask("GET", "/api/v1/tenant").at("/tenant/name"), "acme");
  EXPECT_EQ(root.ask("GET", "/api/v1/tenant").at("/tenant/name"), "primary");
  const Answer own = acme.ask("GET", "/api/v1/tenant/export");
  EXPECT_EQ(own.status, 200);
  EXPECT_NE(own.text.find(R"("tenant":{"id":)"), std::string::npos);
  EXPECT_NE(own.text.find("\"end\""), std::string::npos);
  EXPECT_EQ(own.text.find("\"root\""), std::string::npos);
}

TEST(TenantRoutesTest, OperatorsTryWhetherTenantsAreApart) {
  Fixture test;
  ApiClient root = test.api.member("root");
  ApiClient acme = test.of_tenant(root, "acme");
  EXPECT_EQ(root.ask("GET", "/api/v1/tenant-isolation").at("/items"), "[]");
  EXPECT_EQ(acme.ask("POST", "/api/v1/tenant-isolation").status, 403);
  const Answer tried = root.ask("POST", "/api/v1/tenant-isolation");
  EXPECT_EQ(tried.status, 201) << tried.text;
  EXPECT_EQ(tried.at("/passed"), "true");
  EXPECT_EQ(root.ask("GET", "/api/v1/tenant-isolation").at("/items/0/tenants"), "3");
  EXPECT_EQ(acme.ask("GET", "/api/v1/tenant-isolation").status, 403);
}

TEST(TenantRoutesTest, TheTemplateIsReadChangedAndNotOverwritten) {
  Fixture test;
  ApiClient root = test.api.member("root");
  const Answer empty = root.ask("GET", "/api/v1/tenant-template");
  EXPECT_EQ(empty.at("/template"), "{}") << empty.text;
  const std::string body = R"({"limits":{"max_agents":7}})";
  EXPECT_EQ(root.ask("PUT", "/api/v1/tenant-template", body).status, 428);
  EXPECT_EQ(root.ask("PUT", "/api/v1/tenant-template", body, {"If-Match: " + empty.at("/etag")}).status, 200);
  EXPECT_EQ(root.ask("PUT", "/api/v1/tenant-template", body, {"If-Match: " + empty.at("/etag")}).status, 412);
  EXPECT_EQ(root.ask("POST", "/api/v1/tenants", R"({"name":"acme"})").at("/tenant/limits/max_agents"), "7");
}

TEST(TenantRoutesTest, AnOperatorActsUnderAGrantThatTheTenantAgreedTo) {
  Fixture test;
  ApiClient root = test.api.member("root");
  ApiClient acme = test.of_tenant(root, "acme");
  const std::string id = root.ask("GET", "/api/v1/tenants").at("/items/1/id");
  const std::vector<std::string> in_acme = {"Warder-Tenant: acme"};
  EXPECT_EQ(root.ask("GET", "/api/v1/users", "", in_acme).status, 403);
  const std::string body = R"({"tenant_id":")" + id + R"(","reason":"case 4711","expires_in_s":3600})";
  EXPECT_EQ(acme.ask("POST", "/api/v1/access-grants", body).status, 403) << "only operators ask";
  const Answer asked = root.ask("POST", "/api/v1/access-grants", body);
  ASSERT_EQ(asked.status, 201) << asked.text;
  EXPECT_EQ(asked.at("/state"), "waiting");
  const std::string path = "/api/v1/access-grants/" + asked.at("/id");
  EXPECT_EQ(root.ask("POST", path + "/decision", R"({"agree":true})").status, 403) << "not the own request";
  EXPECT_EQ(root.ask("GET", "/api/v1/users", "", in_acme).status, 403);
  EXPECT_EQ(acme.ask("GET", path).at("/reason"), "case 4711");
  EXPECT_EQ(acme.ask("POST", path + "/decision", R"({"agree":true})").at("/state"), "active");
  EXPECT_EQ(root.ask("GET", "/api/v1/users", "", in_acme).at("/items/0/username"), "admin");
  EXPECT_EQ(root.ask("GET", "/api/v1/tenants", "", in_acme).status, 403) << "there, no operator of tenants";
  EXPECT_EQ(acme.ask("POST", path + "/end", R"({"reason":"enough"})").at("/state"), "ended");
  EXPECT_EQ(root.ask("GET", "/api/v1/users", "", in_acme).status, 403);
  EXPECT_EQ(acme.ask("GET", "/api/v1/access-grants").at("/items/0/end_reason"), "enough");
}

}  // namespace
}  // namespace warder::manager
