// What a policy's firewall does, over the API; every answer is held against the contract.
#include "manager/api/routes_firewall.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "host/testing/clock.h"
#include "manager/api/contract.h"
#include "manager/api/request_check.h"
#include "manager/api/server.h"
#include "manager/policies/sections.h"
#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

constexpr const char* kFirewall = R"({"firewall": {"mode": "inline", "rules": [
  {"id": "web", "action": "allow", "protocol": "tcp", "destination_ports": ["443"]},
  {"id": "no-telnet", "action": "deny", "priority": 2, "protocol": "tcp", "destination_ports": ["23"]},
  {"id": "telnet", "action": "deny", "priority": 1, "protocol": "tcp", "destination_ports": ["23"]},
  {"id": "off", "enabled": false, "action": "allow"}]}})";

class FirewallRoutesTest : public ::testing::Test {
 protected:
  FirewallRoutesTest() {
    add_firewall_routes(routes_, policies_, clock_);
    PolicyDraft draft;
    draft.name = "Web";
    draft.parent = policies_.base_id(scope_).value();
    draft.document = parse_json(kFirewall).value().as_object();
    id_ = policies_.create(scope_, draft).value().id;
  }

  Result<json::object> call(std::map<std::string, std::string, std::less<>> query) {
    const Operation& operation = *contract_.find("getFirewallRules");
    HttpRequest http;
    http.method = "GET";
    http.query = std::move(query);
    const ApiRequest request{http, nullptr, &scope_, {{"id", id_.text()}}, {}, {}};
    const ApiResponse answer = WD_TRY(routes_.handlers().at("getFirewallRules")(request));
    HttpResponse response;
    response.status = answer.status;
    response.headers["content-type"] = "application/json";
    response.body = json::serialize(answer.body);
    const auto fits = check_answer(contract_, operation, response);
    EXPECT_TRUE(fits) << fits.error().message;
    return answer.body.as_object();
  }

  TestTenants tenants_{{audit_schema(), policies_schema()}};
  warder::testing::ManualClock clock_;
  AuditLog audit_{*tenants_, clock_};
  ChangeBus bus_;
  Policies policies_{*tenants_, audit_, bus_, clock_};
  TenantScope scope_ = tenants_.scope("user:sato");
  Contract contract_ = Contract::load(openapi_yaml()).value();
  Routes routes_;
  PolicyId id_;
};

TEST_F(FirewallRoutesTest, RulesStandInTheOrderInWhichTheyAreLookedAt) {
  const json::object answer = call({}).value();
  std::vector<std::string> ids;
  for (const json::value& rule : answer.at("rules").as_array()) ids.emplace_back(rule.at("id").as_string());
  EXPECT_EQ(ids, (std::vector<std::string>{"no-telnet", "telnet", "web", "off"}));
  EXPECT_FALSE(answer.at("rules").as_array()[3].at("in_force").as_bool());
  ASSERT_EQ(answer.at("findings").as_array().size(), 1U);
  EXPECT_EQ(answer.at("findings").at(0).at("problem"), "redundant");
  EXPECT_TRUE(answer.at("decision").is_null());
}

TEST_F(FirewallRoutesTest, TheEngineSaysWhichRuleDecides) {
  const json::object answer = call({{"packet", "in tcp 203.0.113.9:51000 > 192.0.2.10:23"}}).value();
  const json::object& decision = answer.at("decision").as_object();
  EXPECT_EQ(decision.at("verdict"), "drop");
  EXPECT_EQ(decision.at("rule"), "no-telnet");
  EXPECT_EQ(decision.at("considered").as_array().size(), 3U);
  EXPECT_EQ(call({{"packet", "in nonsense"}}).error().code, ErrorCode::Invalid);
}

TEST_F(FirewallRoutesTest, AHostThatIsIsolatedTalksToNobody) {
  const json::object answer =
      call({{"isolated", "true"}, {"packet", "in tcp 203.0.113.9:51000 > 192.0.2.10:443"}}).value();
  EXPECT_EQ(answer.at("decision").at("stage"), "isolated");
}

}  // namespace
}  // namespace warder::manager
