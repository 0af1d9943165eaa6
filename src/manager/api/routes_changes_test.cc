#include "manager/api/routes_changes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "manager/api/contract.h"
#include "manager/api/request_check.h"
#include "manager/api/server.h"
#include "manager/events/testing.h"
#include "manager/fleet/testing.h"

namespace warder::manager {
namespace {

class ChangeRoutesTest : public FleetTest {
 protected:
  ChangeRoutesTest() : FleetTest(with_events({})) { add_change_routes(routes_, agents_, events_); }

  void store(const AgentId& agent, Event event) {
    EXPECT_TRUE(
        events_.ingest(scope_, {agent, "web-1"}, epoch(), std::vector<SequencedEvent>{{++sequence_, event}}, {}));
  }
  Event at(int minutes, const std::string& type) {
    Event event = make_event(clock_.now() - std::chrono::minutes(minutes), Severity::High);
    event.type = type;
    event.fields.clear();
    return event;
  }
  Event file(int minutes, const std::string& what, const std::string& path) {
    Event event = at(minutes, "integrity.file." + what);
    event.set("file.path", path);
    event.set("file.mode", std::string("0600"));
    if (what != "updated") return event;
    event.set("file.mode.was", std::string("0644"));
    event.set("change.attributes", std::string("mode,acl"));
    return event;
  }
  using Query = std::map<std::string, std::string, std::less<>>;
  Result<json::object> get(const AgentId& agent, const Query& query = {}) {
    HttpRequest http;
    http.query = query;
    const ApiRequest request{http, nullptr, &scope_, {{"id", agent.text()}}, {}, {}};
    const auto answer = WD_TRY(routes_.handlers().at("listAgentChanges")(request));
    HttpResponse response;
    response.status = answer.status;
    response.headers["content-type"] = "application/json";
    response.body = json::serialize(answer.body);
    const auto checked = check_answer(contract_, *contract_.find("listAgentChanges"), response);
    EXPECT_TRUE(checked) << checked.error().message;
    return answer.body.as_object();
  }

  Contract contract_ = Contract::load(openapi_yaml()).value();
  EventFeed feed_;
  EventStore events_{*tenants_, feed_, clock_};
  std::uint64_t sequence_ = 0;
  Routes routes_;
};

TEST_F(ChangeRoutesTest, TellsEachObjectWithItsEvents) {
  const AgentId agent = add_agent("web-1");
  connect(agent, "web-1");
  store(agent, at(50, "integrity.baseline.created"));
  store(agent, file(40, "updated", "/etc/motd"));
  const Event newest = file(30, "updated", "/etc/motd");
  store(agent, newest);
  const json::object page = get(agent).value();
  EXPECT_EQ(page.at("start"), "baseline");
  EXPECT_EQ(page.at("events"), 3);
  ASSERT_EQ(page.at("items").as_array().size(), 1U);
  const json::object& change = page.at("items").at(0).as_object();
  EXPECT_EQ(change.at("kind"), "file");
  EXPECT_EQ(change.at("key"), "/etc/motd");
  EXPECT_EQ(change.at("change"), "updated");
  EXPECT_EQ(change.at("events"), 2);
  EXPECT_EQ(change.at("approved"), false);
  EXPECT_EQ(change.at("newest_events").at(0).at("id"), json::value(newest.id.text()));
  EXPECT_EQ(change.at("attributes"), (json::array{json::object{{"name", "acl"}, {"was", nullptr}, {"is", nullptr}},
                                                  json::object{{"name", "mode"}, {"was", "0644"}, {"is", "0600"}}}));
}

TEST_F(ChangeRoutesTest, AnApprovedChangeIsTold) {
  const AgentId agent = add_agent("web-1");
  const Event event = file(40, "created", "/etc/new");
  store(agent, event);
  ASSERT_TRUE(events_.explain(scope_, event.id, {"approval of ann", "planned", {}}));
  EXPECT_TRUE(get(agent, {{"approved", "false"}})->at("items").as_array().empty());
  const json::object change = get(agent, {{"approved", "true"}})->at("items").at(0).as_object();
  EXPECT_EQ(change.at("approved"), true);
  EXPECT_EQ(change.at("explained_by"), (json::array{"approval of ann"}));
  EXPECT_EQ(change.at("severity"), "info");
}

TEST_F(ChangeRoutesTest, IsFilteredAndTurnedPageByPage) {
  const AgentId agent = add_agent("web-1");
  Event moved = file(20, "renamed", "/etc/B");
  moved.set("file.path.was", std::string("/etc/a"));
  store(agent, file(30, "created", "/etc/c"));
  store(agent, moved);
  std::vector<std::string> keys;
  json::value cursor;
  do {
    Query query{{"limit", "1"}};
    if (cursor.is_string()) query["cursor"] = cursor.as_string();
    const json::object page = get(agent, query).value();
    EXPECT_EQ(page.at("changes"), 3);
    for (const json::value& each : page.at("items").as_array()) keys.emplace_back(each.at("key").as_string());
    cursor = page.at("next_cursor");
  } while (cursor.is_string() && keys.size() < 9);
  std::ranges::sort(keys);
  EXPECT_EQ(keys, (std::vector<std::string>{"/etc/B", "/etc/a", "/etc/c"}));
  EXPECT_EQ(get(agent, {{"q", "/ETC/b"}})->at("matching"), 2) << "and where it came from";
  EXPECT_EQ(get(agent, {{"change", "deleted"}})->at("items").at(0).at("moved_to"), "/etc/B");
  EXPECT_EQ(get(agent, {{"kind", "port"}})->at("matching"), 0);
  EXPECT_EQ(get(agent, {{"from", "soon"}}).error().code, ErrorCode::Invalid);
}

TEST_F(ChangeRoutesTest, SaysWhenTheHostIsNotWatching) {
  const AgentId agent = add_agent("web-1");
  store(agent, at(50, "integrity.baseline.created"));
  EXPECT_EQ(get(agent)->at("gaps"), (json::array{"offline"}));
  connect(agent, "web-1");
  EXPECT_EQ(get(agent)->at("gaps"), (json::array{"not-watching"}));
  AgentHeartbeat heartbeat;
  heartbeat.modules = {{"integrity", "on", "", {}}};
  agents_.record_heartbeat(scope_, agent, heartbeat);
  ASSERT_TRUE(agents_.flush());
  EXPECT_EQ(get(agent)->at("gaps"), json::array{});
  EXPECT_EQ(get(AgentId{}).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace warder::manager
