#include "manager/api/routes_explain.h"

#include "base/json.h"
#include "manager/api/contract.h"
#include "manager/api/request_check.h"
#include "manager/api/server.h"
#include "manager/events/testing.h"
#include "manager/fleet/testing.h"
#include "manager/identity/principal.h"

namespace warder::manager {
namespace {

class ExplainRoutesTest : public FleetTest {
 protected:
  ExplainRoutesTest() : FleetTest(with_events({})) {
    add_explain_routes(routes_, {events_, agents_, policies_, audit_, messages_});
  }
  EventId store(const AgentId& agent) {
    Event event = make_event(clock_.now(), Severity::High);
    event.set("file.path", std::string("/etc/a file*"));
    event.set("file.hash.sha256", std::string(64, 'a'));
    event.set("file.mode", std::string("0644"));
    event.set("file.uid", std::int64_t{0});
    event.set("file.gid", std::int64_t{7});
    const EventId id = event.id;
    EXPECT_TRUE(
        events_.ingest(scope_, {agent, "web-1"}, epoch(), std::vector<SequencedEvent>{{++sequence_, event}}, {}));
    return id;
  }
  Result<json::object> explain(const EventId& id, const json::object& body) {
    const HttpRequest http;
    Principal principal;
    principal.username = "ann b";
    principal.rights = {"events:explain", "policies:write"};
    const ApiRequest request{http, &principal, &scope_, {{"id", id.text()}}, body, {}};
    const auto answer = WD_TRY(routes_.handlers().at("createEventExplanation")(request));
    HttpResponse response;
    response.status = answer.status;
    response.headers["content-type"] = "application/json";
    response.body = json::serialize(answer.body);
    const auto checked = check_answer(contract_, *contract_.find("createEventExplanation"), response);
    EXPECT_TRUE(checked) << checked.error().message;
    return answer.body.as_object();
  }
  json::array allowances(const AgentId& agent) {
    const auto policy = policies_.find(scope_, agents_.policy_of(scope_, agent).value()).value();
    const json::value* section = warder::find(policy.document, "integrity");
    return section == nullptr ? json::array{} : section->at("allowances").as_array();
  }

  Contract contract_ = Contract::load(openapi_yaml()).value();
  Messages messages_;
  EventFeed feed_;
  EventStore events_{*tenants_, feed_, clock_};
  std::uint64_t sequence_ = 0;
  Routes routes_;
};

TEST_F(ExplainRoutesTest, AChangeIsExplainedAndAudited) {
  const AgentId agent = add_agent("web-1");
  const auto answer = explain(store(agent), {{"reason", "as planned"}});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->at("severity"), "info");
  EXPECT_EQ(answer->at("fields").at("change.explained_by"), "approval of ann b");
  EXPECT_EQ(allowances(agent).size(), 0U) << "nobody said that it is allowed from now on";
  const auto entry = audit_.list(scope_, {10, "", "event.explain"})->items.at(0);
  EXPECT_EQ(entry.record.detail.at("reason"), "as planned");
  EXPECT_EQ(entry.record.detail.at("file.path"), "/etc/a file*");
}

TEST_F(ExplainRoutesTest, WhatIsAllowedStandsInThePolicyOnce) {
  const AgentId agent = add_agent("web-1");
  const json::object body{{"reason", "r"}, {"allow", true}, {"until", "2026-12-24T00:00:00Z"}};
  ASSERT_TRUE(explain(store(agent), body));
  ASSERT_TRUE(explain(store(agent), body));
  EXPECT_EQ(allowances(agent), (json::array{"approved=ann_b path=/etc/a?file\\* sha256=" + std::string(64, 'a') +
                                            " mode=0644 uid=0 gid=7 to=2026-12-24T00:00:00Z"}));
}

// Both or neither, whichever of the two steps is refused.
TEST_F(ExplainRoutesTest, NothingIsHalfDone) {
  const AgentId agent = add_agent("web-1");
  const json::object body{{"reason", "r"}, {"allow", true}};
  const auto alarms = [&] {
    return events_.count_by_severity(scope_, clock_.now() - std::chrono::hours(2))->count(Severity::High);
  };

  // The policy takes no more: the event stays an alarm, and nothing is in the audit log.
  PolicyChange full;
  json::array lines;
  for (int i = 0; i < 1000; ++i)
    lines.emplace_back("ticket=C-" + std::to_string(i) + " from=2026-01-01T00:00:00Z to=2026-01-02T00:00:00Z");
  full.document = json::object{{"integrity", json::object{{"allowances", lines}}}};
  const PolicyId policy = agents_.policy_of(scope_, agent).value();
  ASSERT_TRUE(policies_.update(scope_, policy, "*", full));
  const EventId id = store(agent);
  EXPECT_FALSE(explain(id, body));
  EXPECT_EQ(events_.find(scope_, id)->event.find("change.explained_by"), nullptr);
  EXPECT_EQ(alarms(), 1U);
  EXPECT_TRUE(audit_.list(scope_, {10, "", "event.explain"})->items.empty());

  // The event cannot be explained: the policy allows nothing more.
  full.document = json::object{};
  ASSERT_TRUE(policies_.update(scope_, policy, "*", full));
  ASSERT_TRUE(explain(id, {{"reason", "r"}}));
  EXPECT_EQ(explain(id, body).error().code, ErrorCode::Conflict);
  EXPECT_EQ(explain(EventId{}, body).error().code, ErrorCode::NotFound);
  EXPECT_EQ(allowances(agent).size(), 0U);
  EXPECT_EQ(audit_.list(scope_, {10, "", "event.explain"})->items.size(), 1U);

  // The audit log cannot be written: neither.
  const EventId another = store(agent);
  tenants_.alter("DROP TABLE audit");
  EXPECT_FALSE(explain(another, body));
  EXPECT_EQ(allowances(agent).size(), 0U);
  EXPECT_EQ(events_.find(scope_, another)->event.find("change.explained_by"), nullptr);
}

TEST_F(ExplainRoutesTest, WhatCannotBeAllowedIsNotExplainedEither) {
  const AgentId agent = add_agent("web-1");
  EXPECT_EQ(explain(store(agent), {{"reason", "r"}, {"until", "2026-12-24T00:00:00Z"}}).error().code,
            ErrorCode::Invalid);
  Event event = make_event(clock_.now());
  EXPECT_FALSE(allowance_of(event, "ann", std::nullopt)) << "no digest";
  event.set("file.hash.sha256", std::string(64, 'a'));
  event.set("file.mode", std::string("0644"));
  event.set("file.uid", std::int64_t{0});
  event.set("file.gid", std::int64_t{0});
  EXPECT_TRUE(allowance_of(event, "ann", std::nullopt));
  event.set("file.path", std::string("/etc/\\xff"));
  EXPECT_FALSE(allowance_of(event, "ann", std::nullopt)) << "nobody can tell which file that is";
  event.set("file.path", std::string("/etc/x"));
  event.type = "integrity.file.deleted";
  EXPECT_FALSE(allowance_of(event, "ann", std::nullopt));
}

}  // namespace
}  // namespace warder::manager
