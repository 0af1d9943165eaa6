// Who is told of an alert and who is not: routes, silences, escalation, signs of life.
#include <algorithm>

#include "manager/alerts/testing.h"

namespace warder::manager {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class AlertTellingTest : public testing::AlertTest {
 protected:
  AlertTellingTest() : AlertTest({lasting()}) {}

  NoticeChannelId add_route(const std::string& name, json::object body) {
    const auto channel = make_id<NoticeChannelId>(kNow);
    body["channels"] = json::array{channel.text()};
    EXPECT_TRUE(settings_->add_route(events_.scope(), name, body));
    return channel;
  }
  /// Of two people, one after the other.
  RotaId add_rota() {
    Rota rota;
    rota.name = "soc";
    rota.channel = make_id<NoticeChannelId>(kNow);
    for (const char* each : {"first@example.com", "second@example.com"}) {
      const UserId user = people_.add(each);
      rota.members.push_back({user, {}});
      rota.levels.push_back({{user}, 7, minutes(5)});
    }
    return rotas_.create(events_.scope(), rota).value().id;
  }
  void silence(const std::string& name, Timestamp from, Timestamp until) {
    ASSERT_TRUE(settings_->add_silence(events_.scope(), name,
                                       {{"from", to_rfc3339(from)}, {"until", to_rfc3339(until)}, {"reason", name}}));
    ASSERT_TRUE(alerts_.note_change(events_.scope()));
  }
  std::vector<NoticeChannelId> told() {
    std::vector<NoticeChannelId> channels;
    for (const StoredNotice& each : notices()) channels.push_back(each.address.channel);
    return channels;
  }
  void stop(const std::string& host = "web-1") {
    tell("agent.stopped", Severity::High, {}, host);
    look();
  }
  std::int64_t events_of(const std::string& type) {
    const auto all = events_.all();
    return std::ranges::count_if(all, [&](const StoredEvent& each) { return each.event.type == type; });
  }
};

TEST_F(AlertTellingTest, OnlyRoutesThatTakeItTellAndEachChannelOnce) {
  add_route("too severe", {{"severity", "critical"}});
  add_route("other rule", {{"rules", {"backup-failed"}}});
  add_route("off", {{"enabled", false}});
  const NoticeChannelId taken = add_route("taken", {{"severity", "high"}});
  ASSERT_TRUE(settings_->add_route(events_.scope(), "the same again", {{"channels", {taken.text()}}}));
  restart();
  stop();
  EXPECT_EQ(told(), std::vector{taken});
}

TEST_F(AlertTellingTest, RoutesAreAskedWhenTheAlertOpens) {
  // kNow is the beginning of the day; the route sleeps for the next hour.
  const std::string from = to_rfc3339(events_.clock().now() + hours(1)).substr(11, 5);
  const std::string until = to_rfc3339(events_.clock().now() + hours(2)).substr(11, 5);
  const NoticeChannelId channel = add_route("later", {{"from", from}, {"until", until}});
  restart();
  stop("web-1");
  EXPECT_TRUE(told().empty());
  pass(minutes(70), minutes(10));
  stop("web-2");
  EXPECT_EQ(told(), std::vector{channel});
}

TEST_F(AlertTellingTest, OneTenantsRoutesAndSilencesAreNotAnothers) {
  const Tenant other = events_.tenants()->add("other", kNow).value();
  const TenantScope theirs = events_.tenants().scope_of(other.id);
  ASSERT_TRUE(settings_->add_route(theirs, "theirs", {{"channels", {make_id<NoticeChannelId>(kNow).text()}}}));
  ASSERT_TRUE(settings_->add_silence(theirs, "theirs", {{"until", to_rfc3339(kNow + hours(9))}, {"reason", "quiet"}}));
  const NoticeChannelId ours = add_route("ours", {});
  restart();
  AlertEngine engine(parts(), theirs, "a");
  stop();
  while (engine.round().value() == AlertEngine::Round::More) {
  }
  EXPECT_EQ(told(), std::vector{ours});
  EXPECT_EQ(active().at(0).state, AlertState::Open);
  EXPECT_TRUE(alerts_.active(theirs).value().empty());
  EXPECT_TRUE(outbox_.list(theirs, "", 10).value().empty());
}

TEST_F(AlertTellingTest, ASilenceBeginsWhenItSays) {
  add_route("all", {});
  silence("tonight", kNow + minutes(30), kNow + hours(2));
  look();
  stop("web-1");
  EXPECT_EQ(notices().size(), 1U) << "it has not begun";
  pass(minutes(31), minutes(1));
  stop("web-2");
  EXPECT_EQ(notices().size(), 1U);
  for (const Alert& each : active()) EXPECT_EQ(each.state, AlertState::Silenced);
}

TEST_F(AlertTellingTest, ASilenceStopsTheEscalationOfWhatIsOpen) {
  ASSERT_TRUE(settings_->add_route(events_.scope(), "on call", {{"rota", add_rota().text()}}));
  restart();
  stop();
  EXPECT_EQ(notices().size(), 1U);
  EXPECT_TRUE(active().at(0).escalates);
  silence("now", kNow, kNow + hours(1));
  pass(minutes(20), minutes(1));
  EXPECT_EQ(notices().size(), 1U);
  EXPECT_EQ(active().at(0).state, AlertState::Silenced);
  EXPECT_FALSE(active().at(0).escalates);
}

TEST_F(AlertTellingTest, AnEscalationIsAnEventAndEndsWithTheLastLevel) {
  ASSERT_TRUE(settings_->add_route(events_.scope(), "on call", {{"rota", add_rota().text()}}));
  restart();
  stop();
  pass(minutes(30), minutes(1));
  EXPECT_EQ(notice_types(), (Types{"alert.escalated", "alert.opened"}));
  EXPECT_EQ(events_of("alert.escalated"), 1);
  EXPECT_FALSE(active().at(0).escalates);
}

TEST_F(AlertTellingTest, WhoeverWasCalledHearsOfItsEnd) {
  ASSERT_TRUE(settings_->add_route(events_.scope(), "on call", {{"rota", add_rota().text()}}));
  restart();
  stop();
  pass(minutes(6), minutes(1));
  tell("agent.started", Severity::Info, {}, "web-1");
  look();
  ASSERT_EQ(notice_types(), (Types{"alert.resolved", "alert.resolved", "alert.escalated", "alert.opened"}));
  EXPECT_NE(notices()[0].address.people, notices()[1].address.people) << "both levels";
}

TEST_F(AlertTellingTest, AnAcknowledgedAlertHasNobodyNextToCall) {
  ASSERT_TRUE(settings_->add_route(events_.scope(), "on call", {{"rota", add_rota().text()}}));
  restart();
  stop();
  const Alert alert = alerts_.acknowledge(events_.scope(), active().at(0).id).value();
  EXPECT_FALSE(alert.escalates);
  EXPECT_EQ(alert.acknowledged_by, events_.scope().actor());
  EXPECT_FALSE(alerts_.find(events_.scope(), alert.id).value().escalates);
}

TEST_F(AlertTellingTest, AfterAStormNewAlertsAreToldAgain) {
  add_route("all", {});
  restart();
  for (int i = 0; i < 15; ++i) stop("host-" + std::to_string(i));
  EXPECT_EQ(notices().size(), options_.notices_of_a_rule);
  pass(options_.notices_within, minutes(1));
  stop("late");
  EXPECT_EQ(notices().size(), options_.notices_of_a_rule + 1);
}

TEST_F(AlertTellingTest, ASignOfLifeHasItsIntervalAndStopsWhenItIsSwitchedOff) {
  channel_ = make_id<NoticeChannelId>(kNow);
  const AlertHeartbeat made =
      settings_->add_heartbeat(events_.scope(), "pager", {{"channel", channel_.text()}, {"interval_s", 60}}).value();
  restart();
  const auto send = [this] {
    const auto taken = outbox_.take(events_.scope(), channel_, "n").value();
    ASSERT_TRUE(taken && outbox_.mark_sent(events_.scope(), taken->id, "n"));
  };
  send();
  pass(seconds(50));
  EXPECT_EQ(notices().size(), 1U) << "not before its time";
  pass(seconds(10));
  EXPECT_EQ(notices().size(), 2U);
  send();
  ASSERT_TRUE(settings_->change_heartbeat(events_.scope(), made.id, "*", {{"enabled", false}}));
  ASSERT_TRUE(alerts_.note_change(events_.scope()));
  pass(minutes(5));
  EXPECT_EQ(notices().size(), 2U);
}

// Events that never cease keep nobody from being called, and no sign of life from being sent.
TEST_F(AlertTellingTest, AStormOfEventsHoldsNothingUp) {
  ASSERT_TRUE(settings_->add_route(events_.scope(), "on call", {{"rota", add_rota().text()}}));
  options_.batch = 1;
  restart();
  stop();
  ASSERT_TRUE(settings_->add_heartbeat(events_.scope(), "pager",
                                       {{"channel", make_id<NoticeChannelId>(kNow).text()}, {"interval_s", 60}}));
  ASSERT_TRUE(alerts_.note_change(events_.scope()));
  samples_ = {};
  for (int i = 0; i < 30; ++i) {
    events_.clock().advance(seconds(20));
    for (int each = 0; each < 3; ++each) tell("agent.connected", Severity::Info, {}, "web-2");
    ASSERT_EQ(engine_->round().value(), AlertEngine::Round::More);
  }
  EXPECT_EQ(notice_types(), (Types{"alert.escalated", "alert.heartbeat", "alert.opened"}));
}

}  // namespace
}  // namespace warder::manager
