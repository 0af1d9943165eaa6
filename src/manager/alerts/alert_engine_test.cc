#include "manager/alerts/alert_engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "manager/alerts/testing.h"

namespace warder::manager {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class AlertEngineTest : public testing::AlertTest {
 protected:
  AlertEngineTest() : AlertTest({event_rule("type:agent.stopped")}) {}
};

TEST(AlertSchemas, AreSound) {
  const auto checked = check_schemas(std::vector{alerts_schema(), alert_settings_schema()});
  EXPECT_TRUE(checked) << checked.error().message;
}

TEST_F(AlertEngineTest, AnEventOpensAnAlertAndItsAbsenceResolvesIt) {
  route_all();
  ASSERT_TRUE(alerts_.note_change(events_.scope()));
  tell("agent.stopped", Severity::High, {}, "web-1");
  look();
  const auto open = active();
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].group, (AlertGroup{{"host.name", "web-1"}}));
  EXPECT_EQ(open[0].events.size(), 1U);
  EXPECT_EQ(notice_types(), Types{"alert.opened"});
  EXPECT_EQ(notices()[0].notice.texts.at("en").subject, "[high] Something about web-1");
  pass(minutes(6), minutes(1));
  EXPECT_TRUE(active().empty());
  EXPECT_EQ(notice_types(), (Types{"alert.resolved", "alert.opened"}));
  EXPECT_EQ(all()[0].state, AlertState::Resolved);
}

TEST_F(AlertEngineTest, OpeningAndResolvingAreEventsThatOpenNothingThemselves) {
  use({event_rule("module:manager")});
  tell("agent.stopped");
  look();
  pass(minutes(10), minutes(1));
  // Two of them are of the same moment: in no order.
  std::multiset<std::string> types;
  for (const StoredEvent& each : events_.all()) types.insert(each.event.type);
  EXPECT_EQ(types, (std::multiset<std::string>{"agent.stopped", "alert.opened", "alert.resolved"}));
  EXPECT_EQ(all().size(), 1U);
}

TEST_F(AlertEngineTest, ARuleThatCannotBeReadKeepsNoOtherFromFiring) {
  AlertRule bad = event_rule("(");
  bad.id = "bad";
  use({bad, event_rule("type:agent.stopped")});
  tell("agent.stopped");
  look();
  EXPECT_EQ(active().size(), 1U);
}

TEST_F(AlertEngineTest, OneStormIsOneAlertAndOneNotice) {
  route_all();
  restart();
  for (int i = 0; i < 200; ++i) tell("agent.stopped", Severity::High, {}, "web-1");
  look();
  ASSERT_EQ(active().size(), 1U);
  EXPECT_EQ(active()[0].count, 200);
  EXPECT_EQ(active()[0].events.size(), kMaxAlertEvents);
  EXPECT_EQ(notices().size(), 1U);
}

TEST_F(AlertEngineTest, AStormOfManyGroupsIsToldAFewTimes) {
  route_all();
  options_.max_groups = 30;
  restart();
  for (int i = 0; i < 40; ++i) tell("agent.stopped", Severity::High, {}, "host-" + std::to_string(i));
  look();
  EXPECT_EQ(active().size(), 31U) << "what is beyond is one group";
  ASSERT_EQ(notices().size(), 10U);
  EXPECT_EQ(std::ranges::count_if(notices(),
                                  [](const StoredNotice& each) {
                                    return each.notice.texts.at("en").body.find("many alerts of this rule") !=
                                           std::string::npos;
                                  }),
            1);
  pass(minutes(6), minutes(1));
  EXPECT_TRUE(active().empty());
  EXPECT_EQ(notices().size(), 20U) << "only what was told is told to be over";
}

TEST_F(AlertEngineTest, AThresholdIsCountedWithinItsWindow) {
  use({event_rule("type:agent.stopped", 3)});
  for (int i = 0; i < 2; ++i) tell("agent.stopped", Severity::High, {}, "web-1");
  pass(minutes(6), minutes(1));
  tell("agent.stopped", Severity::High, {}, "web-1");
  look();
  EXPECT_TRUE(active().empty());
  for (int i = 0; i < 2; ++i) tell("agent.stopped", Severity::High, {}, "web-1");
  look();
  EXPECT_EQ(active().size(), 1U);
}

TEST_F(AlertEngineTest, WhatHappenedWhileNobodyLookedIsFoundAfterwards) {
  AlertRule rule = event_rule("type:agent.stopped", 3);
  use({rule});
  for (int i = 0; i < 3; ++i) tell("agent.stopped", Severity::High, {}, "web-1");
  events_.clock().advance(hours(2));
  restart();
  ASSERT_EQ(all().size(), 1U) << "three within five minutes, two hours ago";
  EXPECT_EQ(all()[0].state, AlertState::Resolved);
}

TEST_F(AlertEngineTest, ARestartBetweenTwoEventsForgetsNeither) {
  use({event_rule("type:agent.stopped", 2)});
  tell("agent.stopped", Severity::High, {}, "web-1");
  look();
  restart();
  tell("agent.stopped", Severity::High, {}, "web-1");
  look();
  EXPECT_EQ(active().size(), 1U);
}

TEST_F(AlertEngineTest, OneManagerEvaluatesAndTheOtherGoesOnWhereItEnded) {
  route_all();
  restart();
  AlertEngine other(parts(), events_.scope(), "b");
  EXPECT_EQ(other.round().value(), AlertEngine::Round::Elsewhere);
  tell("agent.stopped", Severity::High, {}, "web-1");
  look();
  events_.clock().advance(Alerts::kHold + seconds(1));
  while (other.round().value() == AlertEngine::Round::More) {
  }
  EXPECT_EQ(engine_->round().value(), AlertEngine::Round::Elsewhere);
  EXPECT_EQ(all().size(), 1U);
  EXPECT_EQ(notices().size(), 1U);
}

TEST_F(AlertEngineTest, AnEventEndsWhatOnlyAnEventEnds) {
  AlertRule rule = event_rule("type:siem.destination.failed");
  rule.group_by = {"sink.name"};
  rule.window = seconds(0);
  rule.resolve_filter = "type:siem.destination.recovered";
  use({rule});
  tell("siem.destination.failed", Severity::High, {{"sink.name", "a"}});
  tell("siem.destination.failed", Severity::High, {{"sink.name", "b"}});
  look();
  pass(hours(1), minutes(10));
  EXPECT_EQ(active().size(), 2U);
  tell("siem.destination.recovered", Severity::Info, {{"sink.name", "a"}});
  look();
  ASSERT_EQ(active().size(), 1U);
  EXPECT_EQ(active()[0].group.at("sink.name"), "b");
}

TEST_F(AlertEngineTest, AStateIsAnAlertUntilItIsInOrderOrGone) {
  AlertRule rule = event_rule("");
  rule.state = "test.state";
  rule.hysteresis = {10, 5, seconds(20), seconds(0)};
  use({rule});
  samples_ = {{"test.state", {{"host.name", "web-1"}}, 12}, {"test.state", {{"host.name", "web-2"}}, 9}};
  pass(seconds(10));
  EXPECT_TRUE(active().empty()) << "not for long enough";
  pass(seconds(30));
  ASSERT_EQ(active().size(), 1U);
  knows_ = false;
  pass(minutes(5));
  EXPECT_EQ(active().size(), 1U) << "nobody knows";
  knows_ = true;
  samples_[0].value = 7;
  pass(seconds(10));
  EXPECT_EQ(active().size(), 1U);
  samples_.clear();
  pass(seconds(10));
  EXPECT_TRUE(active().empty());
}

TEST_F(AlertEngineTest, ASilenceKeepsQuietAndItsEndTells) {
  route_all();
  ASSERT_TRUE(settings_->add_silence(
      events_.scope(), "move",
      {{"rule", "test-rule"}, {"until", to_rfc3339(kNow + minutes(3))}, {"reason", "the rack is moved"}}));
  restart();
  tell("agent.stopped", Severity::High, {}, "web-1");
  look();
  ASSERT_EQ(active().size(), 1U);
  EXPECT_EQ(active()[0].state, AlertState::Silenced);
  EXPECT_TRUE(notices().empty());
  pass(minutes(3), minutes(1));
  EXPECT_EQ(active()[0].state, AlertState::Open);
  EXPECT_EQ(notices().size(), 1U);
}

TEST_F(AlertEngineTest, WhoIsOnCallIsToldLevelByLevelUntilSomebodyAcknowledges) {
  use({[] {
    AlertRule rule = event_rule("type:agent.stopped");
    rule.window = seconds(0);
    return rule;
  }()});
  const UserId first = people_.add("first@example.com");
  const UserId second = people_.add("second@example.com");
  const UserId third = people_.add("third@example.com");
  Rota rota;
  rota.name = "soc";
  rota.channel = make_id<NoticeChannelId>(kNow);
  for (const UserId& user : {first, second, third}) {
    rota.members.push_back({user, {}});
    rota.levels.push_back({{user}, 7, minutes(5)});
  }
  const RotaId id = rotas_.create(events_.scope(), rota).value().id;
  ASSERT_TRUE(settings_->add_route(events_.scope(), "on call", {{"rota", id.text()}}));
  restart();
  tell("agent.stopped", Severity::High, {}, "web-1");
  look();
  ASSERT_EQ(notices().size(), 1U);
  EXPECT_EQ(notices()[0].address.people, std::vector{first});
  pass(minutes(5), minutes(1));
  ASSERT_EQ(notices().size(), 2U);
  EXPECT_EQ(notices()[0].address.people, std::vector{second});
  EXPECT_EQ(notices()[0].notice.type, "alert.escalated");
  ASSERT_TRUE(alerts_.acknowledge(events_.scope(), active().at(0).id));
  pass(minutes(20), minutes(1));
  EXPECT_EQ(notices().size(), 2U) << "nobody else";
  ASSERT_TRUE(alerts_.resolve(events_.scope(), active().at(0).id));
  tell("agent.stopped", Severity::High, {}, "web-1");
  look();
  pass(minutes(60), minutes(1));
  EXPECT_EQ(notices().size(), 5U) << "three levels, each once";
}

TEST_F(AlertEngineTest, WhatAPersonResolvesOpensAnewWhenItComesAgain) {
  tell("agent.stopped", Severity::High, {}, "web-1");
  look();
  const AlertId id = active().at(0).id;
  ASSERT_TRUE(alerts_.resolve(events_.scope(), id));
  EXPECT_EQ(alerts_.resolve(events_.scope(), id).error().code, ErrorCode::Conflict);
  look();
  EXPECT_TRUE(active().empty());
  tell("agent.stopped", Severity::High, {}, "web-1");
  look();
  ASSERT_EQ(active().size(), 1U);
  EXPECT_NE(active()[0].id, id);
  EXPECT_EQ(active()[0].count, 1);
}

TEST_F(AlertEngineTest, WhatIsDoneWhileTheEngineWorksIsNotOverwritten) {
  tell("agent.stopped", Severity::High, {}, "web-1");
  look();
  ASSERT_TRUE(alerts_.acknowledge(events_.scope(), active().at(0).id));
  tell("agent.stopped", Severity::High, {}, "web-1");
  look();
  ASSERT_EQ(active().size(), 1U);
  EXPECT_EQ(active()[0].state, AlertState::Acknowledged);
  EXPECT_EQ(active()[0].count, 2);
}

TEST_F(AlertEngineTest, ARuleThatIsSwitchedOffEndsItsAlerts) {
  tell("agent.stopped", Severity::High, {}, "web-1");
  look();
  ASSERT_TRUE(settings_->change_rule(events_.scope(), "test-rule", "*", {{"enabled", false}}));
  ASSERT_TRUE(alerts_.note_change(events_.scope()));
  look();
  EXPECT_TRUE(active().empty());
}

TEST_F(AlertEngineTest, SignsOfLifeAreSentAndNotHeapedUp) {
  channel_ = make_id<NoticeChannelId>(kNow);
  ASSERT_TRUE(settings_->add_heartbeat(events_.scope(), "pager", {{"channel", channel_.text()}, {"interval_s", 60}}));
  restart();
  EXPECT_EQ(notice_types(), Types{"alert.heartbeat"});
  pass(minutes(10), seconds(30));
  EXPECT_EQ(notices().size(), 1U) << "the first still waits";
  const auto taken = outbox_.take(events_.scope(), channel_, "n").value();
  ASSERT_TRUE(outbox_.mark_sent(events_.scope(), taken->id, "n"));
  pass(seconds(60), seconds(30));
  EXPECT_EQ(notices().size(), 2U);
}

TEST_F(AlertEngineTest, NothingOfATransactionThatFailsStays) {
  route_all();
  restart();
  events_.tenants().alter("ALTER TABLE notices RENAME TO notices_away");
  tell("agent.stopped", Severity::High, {}, "web-1");
  EXPECT_FALSE(engine_->round());
  events_.tenants().alter("ALTER TABLE notices_away RENAME TO notices");
  EXPECT_TRUE(active().empty());
  look();
  EXPECT_EQ(active().size(), 1U);
  EXPECT_EQ(notices().size(), 1U);
}

// Whatever comes in whatever order: of a rule and a group at most one alert is active, and its count is that of events.
class AlertDedupe : public testing::AlertTest, public ::testing::WithParamInterface<unsigned> {};

TEST_P(AlertDedupe, OneAlertForARuleAndAGroup) {
  AlertRule rule = event_rule("type:agent.stopped");
  rule.window = seconds(0);
  use({rule});
  std::mt19937 random(GetParam());
  std::map<std::string, std::int64_t> counts;
  for (int i = 0; i < 25; ++i) {
    const auto what = random() % 8;
    if (what == 7) {
      restart();
    } else if (what == 6) {
      for (const Alert& alert : active()) ASSERT_TRUE(alerts_.acknowledge(events_.scope(), alert.id));
    } else {
      const std::string host = "web-" + std::to_string(what % 3);
      tell("agent.stopped", Severity::High, {}, host);
      ++counts[host];
    }
    if (random() % 2 == 0) look();
  }
  look();
  std::map<std::string, std::int64_t> found;
  for (const Alert& alert : active()) EXPECT_TRUE(found.emplace(alert.group.at("host.name"), alert.count).second);
  EXPECT_EQ(found, counts);
}
INSTANTIATE_TEST_SUITE_P(AnyOrder, AlertDedupe, ::testing::Range(1U, 9U));

}  // namespace
}  // namespace warder::manager
