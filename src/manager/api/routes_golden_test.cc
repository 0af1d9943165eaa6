#include "manager/api/routes_golden.h"

#include <algorithm>

#include "base/json.h"
#include "manager/api/contract.h"
#include "manager/api/request_check.h"
#include "manager/api/server.h"
#include "manager/events/batch.h"
#include "manager/events/testing.h"
#include "manager/fleet/testing.h"

namespace warder::manager {
namespace {

using std::chrono::minutes;

class GoldenTest : public FleetTest {
 protected:
  explicit GoldenTest(GoldenLimits limits = {})
      : FleetTest(with_events({golden_schema()})),
        golden_{*tenants_, audit_, clock_,
                [this](const TenantScope& scope, const AgentId& id) { return agents_.policy_of(scope, id); }, limits} {
    clock_.step_to(kNow);
    add_golden_routes(routes_, golden_, agents_, policies_);
    golden_agent_ = add_agent("gold");
    other_ = add_agent("web-1");
    base_ = policies_.base_id(scope_).value();
  }
  /// `state` empty: it is gone. Minutes from now.
  static Event change(const std::string& path, char state, int at) {
    Event event = make_event(kNow + minutes{at}, Severity::High);
    event.set("file.path", path);
    if (state == 0) {
      event.type = "integrity.file.deleted";
    } else if (state != '?') {
      event.set("file.state", std::string(64, state));
    }
    return event;
  }
  static Event move(const std::string& from, const std::string& to, char state, int at) {
    Event event = change(to, state, at);
    event.type = "integrity.file.renamed";
    event.set("file.path.was", from);
    return event;
  }
  EventId send(const AgentId& agent, const Event& event) {
    const std::string name = agents_.find(scope_, agent).value().hostname;
    const std::vector<SequencedEvent> batch{{++sequences_[agent.text()], event}};
    const auto stored = events_.ingest(scope_, {agent, name}, epoch(), batch, {});
    EXPECT_TRUE(stored) << stored.error().message;
    return event.id;
  }
  std::string explained_by(const EventId& id) {
    const StoredEvent stored = events_.find(scope_, id).value();
    const EventValue* by = stored.event.find("change.explained_by");
    const bool is_quiet = stored.event.severity == Severity::Info;
    EXPECT_EQ(by != nullptr, is_quiet);
    EXPECT_EQ(stored.event.find("change.severity_was") != nullptr, is_quiet);
    return by == nullptr ? "" : std::get<std::string>(*by);
  }
  std::int64_t rows(const std::string& table) {
    const auto db = tenants_->config(scope_).acquire().value();
    const StmtHandle statement = db->prepare("SELECT count(*) FROM " + table).value();
    return statement->step().value()->integer(0);
  }
  void name_golden() { ASSERT_TRUE(golden_.name(scope_, base_, {golden_agent_, "gold"})); }
  Result<json::value> call(const std::string& operation, const json::object& body = {}) {
    const HttpRequest http;
    const ApiRequest request{http, nullptr, &scope_, {{"id", base_.text()}}, body, {}};
    const auto answer = WD_TRY(routes_.handlers().at(operation)(request));
    HttpResponse response;
    response.status = answer.status;
    if (!answer.body.is_null()) {
      response.headers["content-type"] = "application/json";
      response.body = json::serialize(answer.body);
    }
    const auto checked = check_answer(contract_, *contract_.find(operation), response);
    EXPECT_TRUE(checked) << checked.error().message;
    return answer.body;
  }

  Contract contract_ = Contract::load(openapi_yaml()).value();
  EventFeed feed_;
  GoldenHosts golden_;
  EventStore events_{*tenants_, feed_, clock_, {}, &golden_};
  std::map<std::string, std::uint64_t> sequences_;
  Routes routes_;
  AgentId golden_agent_;
  AgentId other_;
  PolicyId base_;
};

TEST_F(GoldenTest, TheSameChangeIsExplainedWhicheverComesFirst) {
  name_golden();
  const EventId early = send(other_, change("/a", 'a', -5));
  EXPECT_EQ(explained_by(early), "") << "the golden host has not said anything yet";
  const EventId own = send(golden_agent_, change("/a", 'a', -3));
  const EventId late = send(other_, change("/a", 'a', -1));
  EXPECT_EQ(explained_by(early), "golden host gold");
  EXPECT_EQ(explained_by(late), "golden host gold");
  EXPECT_EQ(explained_by(own), "") << "no host explains itself";
  const auto counts = events_.count_by_severity(scope_, kNow - minutes{120}).value();
  EXPECT_EQ(counts.at(Severity::Info), 2) << "the rollups go with it";
  EXPECT_EQ(counts.at(Severity::High), 1);
}

TEST_F(GoldenTest, WhatDiffersIsNeverExplained) {
  name_golden();
  send(golden_agent_, change("/a", 'a', -9));
  send(golden_agent_, change("/unread", '?', -9));
  send(golden_agent_, change("/gone", 0, -9));
  EXPECT_EQ(explained_by(send(other_, change("/a", 'b', -5))), "");
  EXPECT_EQ(explained_by(send(other_, change("/b", 'a', -5))), "") << "another path";
  EXPECT_EQ(explained_by(send(other_, change("/a", 0, -5))), "") << "the golden host still has it";
  EXPECT_EQ(explained_by(send(other_, change("/a", '?', -5))), "") << "nobody knows what it is";
  EXPECT_EQ(explained_by(send(other_, change("/unread", '?', -5))), "") << "unknown is like nothing";
  EXPECT_EQ(explained_by(send(other_, change("/gone", 'a', -5))), "");
  EXPECT_EQ(explained_by(send(other_, change("/gone", 0, -5))), "golden host gold");
  Event cut = change("/a", 'a', -5);
  cut.set("truncated", true);
  EXPECT_EQ(explained_by(send(other_, cut)), "") << "a path that was cut may be another one";
}

TEST_F(GoldenTest, AHostOfAnotherPolicyIsNotCompared) {
  name_golden();
  const AgentId foreign = add_agent("db-1", {}, make_policy("Databases").id);
  send(golden_agent_, change("/a", 'a', -9));
  EXPECT_EQ(explained_by(send(foreign, change("/a", 'a', -5))), "");
  EXPECT_EQ(golden_.name(scope_, base_, {foreign, "db-1"}).error().code, ErrorCode::Invalid);
}

TEST_F(GoldenTest, GoingBackToWhatTheGoldenHostHasLeftIsAnAlarm) {
  name_golden();
  send(golden_agent_, change("/a", 'a', -20));
  send(golden_agent_, change("/a", 'b', -10));
  EXPECT_EQ(explained_by(send(other_, change("/a", 'a', -15))), "golden host gold") << "it was so then";
  EXPECT_EQ(explained_by(send(other_, change("/a", 'a', -5))), "");
  EXPECT_EQ(explained_by(send(other_, change("/a", 'b', -15))), "golden host gold") << "it became so";
}

TEST_F(GoldenTest, ARenameNeedsBothNames) {
  name_golden();
  const EventId first = send(other_, move("/old", "/new", 'a', -9));
  const EventId kept = send(other_, change("/new", 'a', -9));
  EXPECT_EQ(explained_by(first), "");
  send(golden_agent_, change("/new", 'a', -8));
  EXPECT_EQ(explained_by(first), "") << "the golden host still has the old name";
  EXPECT_EQ(explained_by(kept), "golden host gold");
  send(golden_agent_, change("/old", 0, -7));
  EXPECT_EQ(explained_by(first), "golden host gold");
  send(golden_agent_, move("/x", "/y", 'c', -7));
  EXPECT_EQ(explained_by(send(other_, move("/x", "/y", 'c', -6))), "golden host gold");
}

// Whatever the order in which the same events come, the same ones are explained in the end.
TEST_F(GoldenTest, TheOrderOfArrivalDoesNotMatter) {
  name_golden();
  const std::vector<std::pair<bool, Event>> events = {
      {true, change("/a", 'a', -30)},  {true, change("/a", 'b', -20)},  {true, change("/a", 0, -10)},
      {false, change("/a", 'a', -25)}, {false, change("/a", 'a', -15)}, {false, change("/a", 'b', -15)},
      {false, change("/a", 0, -5)},    {false, change("/a", 'b', -5)},
  };
  std::vector<std::size_t> order(events.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::vector<std::string> wanted;
  for (int round = 0; round < 40; ++round) {
    std::vector<std::string> found(events.size());
    std::vector<EventId> ids(events.size());
    const std::string path = "/a" + std::to_string(round);
    for (const std::size_t i : order) {
      Event event = events[i].second;
      event.id = EventId{UuidGenerator{fill_random}.next(event.time)};
      event.set("file.path", path);
      ids[i] = send(events[i].first ? golden_agent_ : other_, event);
    }
    for (std::size_t i = 0; i < ids.size(); ++i) found[i] = explained_by(ids[i]);
    if (round == 0) wanted = found;
    EXPECT_EQ(found, wanted) << "round " << round;
    std::next_permutation(order.begin(), order.end());
    std::rotate(order.begin(), order.begin() + 3, order.end());
  }
  const std::string gold = "golden host gold";
  EXPECT_EQ(wanted, (std::vector<std::string>{"", "", "", gold, "", gold, gold, ""}));
}

TEST_F(GoldenTest, WhatAPersonSaidStays) {
  name_golden();
  const EventId id = send(other_, change("/a", 'a', -9));
  ASSERT_TRUE(events_.explain(scope_, id, {"approval of ann", "planned", {}}));
  send(golden_agent_, change("/a", 'a', -8));
  send(golden_agent_, change("/a", 'b', -10));
  EXPECT_EQ(explained_by(id), "approval of ann");
}

// The agent sends again what was not acknowledged; a crash after the first half of the work leaves nothing undone.
TEST_F(GoldenTest, ACrashIsMadeGoodWhenTheEventsComeAgain) {
  name_golden();
  const EventId early = send(other_, change("/a", 'a', -5));
  const std::vector<SequencedEvent> batch{{1, change("/a", 'a', -3)}};
  std::vector<PreparedEvent> prepared{prepare_event(batch[0].event, kNow, {}, {})};
  ASSERT_EQ(golden_.compare(scope_, {golden_agent_, "gold"}, prepared)->stored.size(), 1U);  // and then it crashed
  EXPECT_EQ(explained_by(early), "");
  ASSERT_TRUE(events_.ingest(scope_, {golden_agent_, "gold"}, epoch(), batch, {}));
  EXPECT_EQ(explained_by(early), "golden host gold");
}

TEST_F(GoldenTest, NamingIsAuditedAndForgetsTheOneBefore) {
  EXPECT_TRUE(call("getGoldenHost")->at("agent_id").is_null());
  EXPECT_EQ(call("setGoldenHost", {{"agent_id", base_.text()}}).error().code, ErrorCode::Invalid);
  const auto named = call("setGoldenHost", {{"agent_id", golden_agent_.text()}});
  ASSERT_TRUE(named) << named.error().message;
  EXPECT_EQ(named->at("hostname"), "gold");
  send(golden_agent_, change("/a", 'a', -9));
  const EventId explained = send(other_, change("/a", 'a', -8));
  EXPECT_EQ(call("getGoldenHost")->at("changes"), 1);
  ASSERT_TRUE(call("setGoldenHost", {{"agent_id", other_.text()}}));
  EXPECT_EQ(rows("golden_states") + rows("golden_changes"), 0);
  ASSERT_TRUE(call("clearGoldenHost"));
  EXPECT_EQ(call("clearGoldenHost").error().code, ErrorCode::NotFound);
  EXPECT_EQ(explained_by(explained), "golden host gold") << "it was so then";
  EXPECT_EQ(explained_by(send(other_, change("/a", 'a', -7))), "");
  EXPECT_EQ(audit_.list(scope_, {10, "", "golden-host.name"})->items.size(), 2U);
  const auto cleared = audit_.list(scope_, {10, "", "golden-host.clear"})->items;
  ASSERT_EQ(cleared.size(), 1U);
  EXPECT_EQ(cleared[0].record.detail.at("hostname"), "web-1");
}

TEST_F(GoldenTest, ARemovedHostIsNoGoldenHost) {
  name_golden();
  send(golden_agent_, change("/a", 'a', -9));
  ASSERT_TRUE(agents_.remove(scope_, golden_agent_, "*"));
  EXPECT_FALSE(golden_.find(scope_, base_).value());
  EXPECT_EQ(explained_by(send(other_, change("/a", 'a', -8))), "");
}

class BoundedGoldenTest : public GoldenTest {
 protected:
  BoundedGoldenTest() : GoldenTest({.states = 5, .states_of_path = 3, .changes = 4, .changes_of_path = 2}) {}
};

TEST_F(BoundedGoldenTest, KeepsTheNewest) {
  name_golden();
  for (int i = 0; i < 10; ++i) send(golden_agent_, change("/same", static_cast<char>('0' + i), i - 30));
  EXPECT_EQ(rows("golden_states"), 3);
  for (int i = 0; i < 10; ++i) send(golden_agent_, change("/" + std::to_string(i), 'a', i - 20));
  EXPECT_EQ(rows("golden_states"), 5);
  EXPECT_EQ(explained_by(send(other_, change("/9", 'a', -5))), "golden host gold");
  EXPECT_EQ(explained_by(send(other_, change("/4", 'a', -5))), "") << "no longer known, so it is an alarm";
  for (int i = 0; i < 10; ++i) send(other_, change("/c", 'a', i - 12));
  EXPECT_EQ(rows("golden_changes"), 4);
  clock_.step_to(kNow + std::chrono::days(40));
  send(other_, change("/d", 'a', 40 * 24 * 60));
  EXPECT_EQ(rows("golden_changes"), 1);
}

}  // namespace
}  // namespace warder::manager
