// The handlers of policies and fleet, called as the router calls them; every answer is held against the contract.
#include "manager/api/routes_fleet.h"

#include "base/json.h"
#include "manager/api/contract.h"
#include "manager/api/request_check.h"
#include "manager/api/routes_policies.h"
#include "manager/api/server.h"
#include "manager/events/testing.h"
#include "manager/fleet/testing.h"

namespace warder::manager {
namespace {

class FleetRoutesTest : public FleetTest {
 protected:
  FleetRoutesTest() : FleetTest(with_events({})) {
    add_policy_routes(routes_, policies_, agents_);
    add_fleet_routes(routes_, {agents_, groups_, smart_groups_, commands_, enrolment_, events_, clock_});
  }

  struct Call {
    std::map<std::string, std::string, std::less<>> path;
    json::value body;
    std::string if_match;
    std::map<std::string, std::string, std::less<>> query;
  };
  Result<ApiResponse> call(const std::string& operation, const Call& wanted = {}) {
    SCOPED_TRACE(operation);
    HttpRequest http;
    http.query = wanted.query;
    if (!wanted.if_match.empty()) http.headers["if-match"] = wanted.if_match;
    ApiRequest request{http, nullptr, &scope_, wanted.path, wanted.body, {}};
    auto answer = routes_.handlers().at(operation)(request);
    if (answer) {
      HttpResponse response;
      response.status = answer->status;
      response.headers["content-type"] = "application/json";
      if (!answer->body.is_null()) response.body = json::serialize(answer->body);
      const auto checked = check_answer(contract_, *contract_.find(operation), response);
      EXPECT_TRUE(checked) << checked.error().message;
    }
    return answer;
  }
  json::object object(const std::string& operation, const Call& wanted = {}) {
    auto answer = call(operation, wanted);
    EXPECT_TRUE(answer) << operation << ": " << (answer ? "" : answer.error().message);
    return answer && answer->body.is_object() ? answer->body.as_object() : json::object{};
  }
  ErrorCode error(const std::string& operation, const Call& wanted) {
    const auto answer = call(operation, wanted);
    EXPECT_FALSE(answer) << operation;
    return answer ? ErrorCode::Internal : answer.error().code;
  }
  static std::string text(const json::object& object, std::string_view key) {
    return std::string{get_string(object, key).value()};
  }

  Contract contract_ = Contract::load(openapi_yaml()).value();
  EventFeed feed_;
  EventStore events_{*tenants_, feed_, clock_};
  crypto::CertificateAuthority authority_ =
      crypto::CertificateAuthority::create("Test CA", clock_.now(), clock_.now() + std::chrono::days{365}).value();
  Enrolment enrolment_{*tenants_, audit_, agents_, authority_, clock_, {{"https://m.example:8444"}}};
  Routes routes_;
};

TEST_F(FleetRoutesTest, PolicyIsMadeChangedExplainedRestoredAndRemoved) {
  const json::object made =
      object("createPolicy", {{}, {{"name", "Web"}, {"document", {{"agent", {{"heartbeat_s", 10}}}}}}, {}, {}});
  const std::string id = text(made, "id");
  const json::object changed = object(
      "updatePolicy", {{{"id", id}}, {{"document", {{"agent", {{"heartbeat_s", 20}}}}}}, text(made, "etag"), {}});
  EXPECT_EQ(changed.at("version"), json::value(2));
  EXPECT_EQ(error("updatePolicy", {{{"id", id}}, {{"name", "X"}}, text(made, "etag"), {}}), ErrorCode::Stale);
  EXPECT_EQ(object("listPolicies").at("items").as_array().size(), 2U);
  EXPECT_EQ(object("listPolicyVersions", {{{"id", id}}, {}, {}, {}}).at("items").as_array().size(), 2U);

  const json::object effective = object("getEffectivePolicy", {{{"id", id}}, {}, {}, {}});
  EXPECT_EQ(text(effective, "digest").size(), 64U);
  bool is_explained = false;
  for (const json::value& setting : effective.at("settings").as_array())
    if (setting.at("key") == "heartbeat_s") is_explained = setting.at("origin").at("name") == "Web";
  EXPECT_TRUE(is_explained);

  const json::object restored =
      object("restorePolicyVersion", {{{"id", id}, {"version", "1"}}, {}, text(changed, "etag"), {}});
  EXPECT_EQ(restored.at("document"), made.at("document"));
  EXPECT_EQ(call("deletePolicy", {{{"id", id}}, {}, text(restored, "etag"), {}})->status, 204);
  EXPECT_EQ(error("getPolicy", {{{"id", id}}, {}, {}, {}}), ErrorCode::NotFound);
  EXPECT_TRUE(object("getPolicySchema").contains("properties"));
}

TEST_F(FleetRoutesTest, SmartGroupsHaveTheHostsThatTheirFilterMatchesNow) {
  const AgentId web = add_agent("web-1");
  add_agent("db-1");
  const json::object made = object("createSmartGroup", {{}, {{"name", "Web"}, {"filter", "name:\"web-*\""}}, {}, {}});
  EXPECT_EQ(made.at("agents"), 1);
  const std::string id = text(made, "id");
  EXPECT_EQ(object("listSmartGroups").at("items").as_array().size(), 1U);
  const json::array members = object("listAgents", {{}, {}, {}, {{"smart_group_id", id}}}).at("items").as_array();
  ASSERT_EQ(members.size(), 1U);
  EXPECT_EQ(members[0].at("id"), json::value(web.text()));
  EXPECT_EQ(object("getFleetSummary", {{}, {}, {}, {{"smart_group_id", id}}}).at("agents"), 1);
  EXPECT_EQ(object("listAgents", {{}, {}, {}, {{"smart_group_id", id}, {"filter", "name=db-1"}}})
                .at("items")
                .as_array()
                .size(),
            0U);
  connect(web, "mail-1");  // what it says of itself now
  EXPECT_EQ(object("getSmartGroup", {{{"id", id}}, {}, {}, {}}).at("agents"), 0);
  const json::object changed =
      object("updateSmartGroup", {{{"id", id}}, {{"name", "Mail"}, {"filter", "name=mail-1"}}, text(made, "etag"), {}});
  EXPECT_EQ(changed.at("agents"), 1);
  EXPECT_EQ(error("listAgents", {{}, {}, {}, {{"filter", "severity=high"}}}), ErrorCode::Invalid);
  EXPECT_EQ(call("deleteSmartGroup", {{{"id", id}}, {}, text(changed, "etag"), {}})->status, 204);
  EXPECT_EQ(error("listAgents", {{}, {}, {}, {{"smart_group_id", id}}}), ErrorCode::NotFound);
  EXPECT_GT(object("listHostFields").at("items").as_array().size(), 20U);
}

TEST_F(FleetRoutesTest, AgentsAreListedMovedAndRemoved) {
  const AgentId agent = add_agent("web-1");
  connect(agent, "web-1");
  AgentHeartbeat heartbeat;
  heartbeat.modules = {{"integrity", "degraded", "integrity.watch.overflow", {{"files", 3}}}};
  agents_.record_heartbeat(scope_, agent, heartbeat);
  ASSERT_TRUE(agents_.flush());
  const json::object group = object("createGroup", {{}, {{"name", "G"}}, {}, {}});
  const json::object shown = object("getAgent", {{{"id", agent.text()}}, {}, {}, {}});
  EXPECT_EQ(shown.at("state"), "online");
  const json::object moved =
      object("updateAgent", {{{"id", agent.text()}}, {{"group_id", text(group, "id")}}, text(shown, "etag"), {}});
  EXPECT_EQ(moved.at("group_id"), group.at("id"));
  const json::object out =
      object("updateAgent", {{{"id", agent.text()}}, {{"group_id", nullptr}}, text(moved, "etag"), {}});
  EXPECT_TRUE(out.at("group_id").is_null());
  EXPECT_EQ(
      object("listAgents", {{}, {}, {}, {{"state", "online"}, {"hostname", "WEB"}}}).at("items").as_array().size(), 1U);
  EXPECT_TRUE(object("listAgents", {{}, {}, {}, {{"state", "offline"}}}).at("items").as_array().empty());
  const json::object summary = object("getFleetSummary");
  EXPECT_EQ(summary.at("degraded_modules"), json::value(1));
  EXPECT_EQ(call("createMaintenanceToken", {{{"id", agent.text()}}, {}, {}, {}})->status, 201);
  EXPECT_EQ(call("deleteAgent", {{{"id", agent.text()}}, {}, "*", {}})->status, 204);
  EXPECT_EQ(error("getAgent", {{{"id", agent.text()}}, {}, {}, {}}), ErrorCode::NotFound);
}

TEST_F(FleetRoutesTest, CommandsAreQueuedAndListed) {
  const AgentId agent = add_agent("web-1");
  const json::object made =
      object("createCommand", {{{"id", agent.text()}}, {{"module", "integrity"}, {"name", "rescan"}}, {}, {}});
  EXPECT_EQ(made.at("state"), "queued");
  EXPECT_EQ(object("listCommands", {{{"id", agent.text()}}, {}, {}, {}}).at("items").as_array().size(), 1U);
  EXPECT_EQ(error("createCommand", {{{"id", AgentId{}.text()}}, {{"name", "x"}}, {}, {}}), ErrorCode::NotFound);
}

TEST_F(FleetRoutesTest, GroupsAreMadeChangedAndRemoved) {
  const json::object outer = object("createGroup", {{}, {{"name", "Outer"}}, {}, {}});
  const json::object inner = object("createGroup", {{}, {{"name", "Inner"}, {"parent_id", outer.at("id")}}, {}, {}});
  EXPECT_EQ(object("listGroups").at("items").as_array().size(), 2U);
  const json::object changed =
      object("updateGroup",
             {{{"id", text(inner, "id")}}, {{"name", "Alone"}, {"parent_id", nullptr}}, text(inner, "etag"), {}});
  EXPECT_TRUE(changed.at("parent_id").is_null());
  EXPECT_EQ(call("deleteGroup", {{{"id", text(outer, "id")}}, {}, text(outer, "etag"), {}})->status, 204);
  EXPECT_EQ(object("getGroup", {{{"id", text(inner, "id")}}, {}, {}, {}}).at("name"), "Alone");
}

TEST_F(FleetRoutesTest, EnrolmentTokenIsShownOnceAndCanBeRevoked) {
  const json::object made =
      object("createEnrolToken", {{}, {{"name", "t"}, {"uses", 3}, {"expires_in_s", 600}}, {}, {}});
  EXPECT_TRUE(text(made, "token").starts_with("wdt1_"));
  EXPECT_EQ(call("revokeEnrolToken", {{{"id", text(made, "id")}}, {}, {}, {}})->status, 204);
  const json::array tokens = object("listEnrolTokens").at("items").as_array();
  ASSERT_EQ(tokens.size(), 1U);
  EXPECT_FALSE(tokens[0].as_object().contains("token"));
  EXPECT_EQ(tokens[0].at("revoked"), json::value(true));
  EXPECT_EQ(tokens[0].at("uses_left"), json::value(3));
  EXPECT_EQ(error("revokeEnrolToken", {{{"id", TokenId{}.text()}}, {}, {}, {}}), ErrorCode::NotFound);
}

}  // namespace
}  // namespace warder::manager
