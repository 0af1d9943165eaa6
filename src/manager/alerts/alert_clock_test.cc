// What happens to alerts when there is no room for them, and when the clock is set back.
#include <algorithm>

#include "manager/alerts/testing.h"

namespace warder::manager {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class AlertClockTest : public testing::AlertTest {
 protected:
  AlertClockTest() : AlertTest({lasting()}) {}

  static AlertRule state_rule(seconds fire_after = seconds(0)) {
    AlertRule rule = event_rule("");
    rule.state = "test.state";
    rule.hysteresis = {10, 5, fire_after, seconds(0)};
    return rule;
  }
  static StateSample sample(const std::string& host, std::int64_t value, const std::string& module = "") {
    AlertGroup group{{"host.name", host}};
    if (!module.empty()) group["module"] = module;
    return {"test.state", group, value};
  }
  void happen(const std::string& type, const std::string& host = "web-1") { tell(type, Severity::High, {}, host); }
};

// Of one moment, ids have no order: the one that ended is to make room for the next in any case.
TEST_F(AlertClockTest, EndsAndBeginsAnewWithinOneLook) {
  for (int i = 0; i < 10; ++i) {
    const std::string host = "web-" + std::to_string(i);
    for (const char* type : {"agent.stopped", "agent.started", "agent.stopped", "agent.started", "agent.stopped"})
      happen(type, host);
  }
  ASSERT_TRUE(engine_->round()) << "at the first attempt";
  look();
  EXPECT_EQ(active().size(), 10U);
  EXPECT_EQ(all().size(), 30U);
  for (const Alert& each : all()) EXPECT_EQ(each.count, 1) << "each counts its own events";
}

TEST_F(AlertClockTest, EndsAndBeginsAnewBeforeTheTimeAtWhichItBegan) {
  happen("agent.stopped");
  look();
  events_.clock().advance(-hours(1));
  happen("agent.started");
  happen("agent.stopped");
  ASSERT_TRUE(engine_->round());
  look();
  EXPECT_EQ(active().size(), 1U);
  EXPECT_EQ(all().size(), 2U);
}

TEST_F(AlertClockTest, WhatFindsNoRoomOpensWhenThereIsSome) {
  options_.max_active = 2;
  restart();
  for (const char* host : {"web-1", "web-2", "web-3"}) happen("agent.stopped", host);
  look();
  EXPECT_EQ(active().size(), 2U);
  happen("agent.started", "web-1");
  look();
  const auto left = active();
  ASSERT_EQ(left.size(), 2U);
  EXPECT_TRUE(std::ranges::any_of(left, [](const Alert& each) { return each.group.at("host.name") == "web-3"; }));
  restart();
  EXPECT_EQ(active().size(), 2U);
}

TEST_F(AlertClockTest, AStateIsGroupedByItsFieldsAndTheWorstCounts) {
  use({state_rule()});
  samples_ = {sample("web-1", 3, "ips"), sample("web-1", 12, "firewall"), sample("web-1", 4, "integrity")};
  pass(seconds(10));
  ASSERT_EQ(active().size(), 1U);
  EXPECT_EQ(active()[0].group, (AlertGroup{{"host.name", "web-1"}}));
  EXPECT_EQ(active()[0].value, 12);
}

TEST_F(AlertClockTest, GroupsBeyondTheLimitResolveWhenNoneIsLeft) {
  options_.max_groups = 2;
  use({state_rule()});
  for (int i = 0; i < 4; ++i) samples_.push_back(sample("web-" + std::to_string(i), 20));
  pass(seconds(20));
  EXPECT_EQ(active().size(), 3U) << "two, and one for all others";
  samples_.resize(2);
  pass(seconds(20));
  EXPECT_EQ(active().size(), 2U);
  samples_.clear();
  pass(seconds(20));
  EXPECT_TRUE(active().empty());
}

TEST_F(AlertClockTest, ANewAlertCountsFromOne) {
  use({event_rule("type:agent.stopped", 2)});
  for (int i = 0; i < 5; ++i) happen("agent.stopped");
  look();
  pass(minutes(6), minutes(1));
  ASSERT_TRUE(active().empty());
  for (int i = 0; i < 2; ++i) happen("agent.stopped");
  look();
  ASSERT_EQ(active().size(), 1U);
  EXPECT_EQ(active()[0].count, 2);
  EXPECT_EQ(active()[0].events.size(), 2U);
}

TEST_F(AlertClockTest, SetBackTheClockHoldsNoStateUp) {
  use({state_rule(seconds(60))});
  samples_ = {sample("web-1", 12)};
  pass(seconds(30));
  events_.clock().advance(-hours(3));
  pass(seconds(80));
  EXPECT_EQ(active().size(), 1U);
  samples_.clear();
  pass(seconds(20));
  EXPECT_TRUE(active().empty());
}

TEST_F(AlertClockTest, SetBackWhileTheManagerWasDownItHoldsNoStateUpEither) {
  use({state_rule(seconds(60))});
  samples_ = {sample("web-1", 12)};
  pass(seconds(30));
  events_.clock().advance(-hours(3));
  restart();
  pass(seconds(80));
  EXPECT_EQ(active().size(), 1U);
}

TEST_F(AlertClockTest, SetBackTheClockKeepsEventsNoLongerThanTheirWindow) {
  use({event_rule("type:agent.stopped")});
  happen("agent.stopped");
  look();
  ASSERT_EQ(active().size(), 1U);
  events_.clock().advance(-hours(3));
  pass(minutes(6), minutes(1));
  EXPECT_TRUE(active().empty());
}

TEST_F(AlertClockTest, SetBackTheClockKeepsSignsOfLifeComing) {
  channel_ = make_id<NoticeChannelId>(kNow);
  ASSERT_TRUE(settings_->add_heartbeat(events_.scope(), "pager", {{"channel", channel_.text()}, {"interval_s", 60}}));
  restart();
  const auto taken = outbox_.take(events_.scope(), channel_, "n").value();
  ASSERT_TRUE(taken && outbox_.mark_sent(events_.scope(), taken->id, "n"));
  events_.clock().advance(-hours(3));
  look();
  EXPECT_EQ(notices().size(), 2U);
}

TEST_F(AlertClockTest, SetBackTheClockCallsTheNextLevelNoLater) {
  Rota rota;
  rota.name = "soc";
  rota.channel = make_id<NoticeChannelId>(kNow);
  for (const char* each : {"first@example.com", "second@example.com"}) {
    const UserId user = people_.add(each);
    rota.members.push_back({user, {}});
    rota.levels.push_back({{user}, 7, minutes(5)});
  }
  ASSERT_TRUE(settings_->add_route(events_.scope(), "on call",
                                   {{"rota", rotas_.create(events_.scope(), rota).value().id.text()}}));
  restart();
  happen("agent.stopped");
  look();
  events_.clock().advance(-hours(3));
  pass(minutes(6), minutes(1));
  EXPECT_EQ(notice_types(), (Types{"alert.opened", "alert.escalated"})) << "by the time at which they were made";
}

TEST_F(AlertClockTest, AHoldOfATimeToComeKeepsNobodyOut) {
  happen("agent.stopped");
  look();
  events_.clock().advance(-hours(3));
  AlertEngine other(parts(), events_.scope(), "b");
  EXPECT_NE(other.round().value(), AlertEngine::Round::Elsewhere);
}

TEST_F(AlertClockTest, WhatChangesUnderneathIsNotOverwritten) {
  happen("agent.stopped");
  look();
  const auto place = alerts_.hold(events_.scope(), "a", {}).value();
  ASSERT_TRUE(place);
  ASSERT_TRUE(alerts_.note_change(events_.scope()));
  auto db = alerts_.tenants().config(events_.scope()).acquire().value();
  const auto conflict = alerts_.advance(*db, "a", *place);
  ASSERT_FALSE(conflict) << "somebody has changed something since";
  EXPECT_EQ(conflict.error().code, ErrorCode::Conflict);
  const auto now = alerts_.hold(events_.scope(), "a", {}).value();
  EXPECT_FALSE(alerts_.advance(*db, "b", *now)) << "another one holds it";
  EXPECT_TRUE(alerts_.advance(*db, "a", *now));
}

TEST_F(AlertClockTest, OnlyWhatIsResolvedIsForgottenInTheEnd) {
  happen("agent.stopped", "web-1");
  happen("agent.stopped", "web-2");
  look();
  ASSERT_TRUE(alerts_.resolve(events_.scope(), active().at(0).id));
  events_.clock().advance(hours(48));
  ASSERT_TRUE(alerts_.prune(events_.scope(), hours(72)));
  EXPECT_EQ(all().size(), 2U);
  ASSERT_TRUE(alerts_.prune(events_.scope(), hours(24)));
  ASSERT_EQ(all().size(), 1U);
  EXPECT_EQ(all()[0].state, AlertState::Open);
}

}  // namespace
}  // namespace warder::manager
