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
    return add_rota("soc", {people_.add("first@example.com"), people_.add("second@example.com")}, minutes(5));
  }
  RotaId add_rota(const std::string& name, const std::vector<UserId>& people, minutes wait) {
    Rota rota;
    rota.name = name;
    rota.channel = pager_;
    for (const UserId& each : people) {
      rota.members.push_back({each, {}});
      rota.levels.push_back({{each}, 7, wait});
    }
    const RotaId id = rotas_.create(events_.scope(), rota).value().id;
    EXPECT_TRUE(settings_->add_route(events_.scope(), name, {{"rota", id.text()}}));
    return id;
  }
  /// Who was told what, "ann alert.escalated": the newest first, of one time by name.
  Types calls() {
    std::vector<std::pair<std::chrono::microseconds, std::string>> list;
    for (const StoredNotice& each : notices())
      list.emplace_back(kNow - each.created,
                        people_.known.at(each.address.people.at(0)).email + " " + each.notice.type);
    std::ranges::sort(list);
    Types texts;
    for (auto& [time, text] : list) texts.push_back(std::move(text));
    return texts;
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

  const NoticeChannelId pager_ = make_id<NoticeChannelId>(kNow);
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
  add_rota();
  restart();
  stop();
  EXPECT_EQ(notices().size(), 1U);
  EXPECT_TRUE(active().at(0).escalates());
  silence("now", kNow, kNow + hours(1));
  pass(minutes(20), minutes(1));
  EXPECT_EQ(notices().size(), 1U);
  EXPECT_EQ(active().at(0).state, AlertState::Silenced);
  EXPECT_FALSE(active().at(0).escalates());
}

TEST_F(AlertTellingTest, AnEscalationIsAnEventAndEndsWithTheLastLevel) {
  add_rota();
  restart();
  stop();
  pass(minutes(30), minutes(1));
  EXPECT_EQ(notice_types(), (Types{"alert.escalated", "alert.opened"}));
  EXPECT_EQ(events_of("alert.escalated"), 1);
  EXPECT_FALSE(active().at(0).escalates());
}

TEST_F(AlertTellingTest, WhoeverWasCalledHearsOfItsEnd) {
  add_rota();
  restart();
  stop();
  pass(minutes(6), minutes(1));
  tell("agent.started", Severity::Info, {}, "web-1");
  look();
  ASSERT_EQ(notice_types(), (Types{"alert.resolved", "alert.resolved", "alert.escalated", "alert.opened"}));
  EXPECT_NE(notices()[0].address.people, notices()[1].address.people) << "both levels";
}

TEST_F(AlertTellingTest, EachMatchingRoutesRotaIsCalledAndEscalatesByItself) {
  const UserId ann = people_.add("ann");
  const UserId bob = people_.add("bob");
  const RotaId soc = add_rota("soc", {ann, bob, people_.add("eve")}, minutes(5));
  const RotaId web = add_rota("web", {people_.add("joe"), people_.add("kim")}, minutes(7));
  ASSERT_TRUE(settings_->add_route(events_.scope(), "again", {{"rota", soc.text()}}));
  ASSERT_TRUE(settings_->add_route(events_.scope(), "never", {{"rota", web.text()}, {"severity", "critical"}}));
  restart();
  stop();
  EXPECT_EQ(calls(), (Types{"ann alert.opened", "joe alert.opened"})) << "each rota once";
  pass(minutes(5), minutes(1));
  EXPECT_EQ(calls().front(), "bob alert.escalated");
  EXPECT_EQ(calls().size(), 3U);
  EXPECT_EQ(active().at(0).level(), 1U);
  EXPECT_EQ(active().at(0).escalates(), kNow + minutes(7)) << "the nearest";
  restart();  // all that is kept
  pass(minutes(3), minutes(1));
  EXPECT_EQ(calls().front(), "kim alert.escalated");
  EXPECT_EQ(calls().size(), 4U);
  pass(minutes(5), minutes(1));
  EXPECT_EQ(calls().front(), "eve alert.escalated");
  EXPECT_EQ(events_of("alert.escalated"), 3);
  EXPECT_FALSE(active().at(0).escalates()) << "after the last level of each nobody else is called";
}

TEST_F(AlertTellingTest, OneAcknowledgementEndsTheCallsOfAllRotas) {
  add_rota("soc", {people_.add("ann"), people_.add("bob")}, minutes(5));
  add_rota("web", {people_.add("joe"), people_.add("kim")}, minutes(7));
  restart();
  stop();
  ASSERT_TRUE(alerts_.acknowledge(events_.scope(), active().at(0).id));
  pass(minutes(20), minutes(1));
  EXPECT_EQ(calls(), (Types{"ann alert.opened", "joe alert.opened"}));
}

TEST_F(AlertTellingTest, WhoIsInSeveralRotasIsToldOnceEachTime) {
  const UserId ann = people_.add("ann");
  const UserId bob = people_.add("bob");
  add_rota("soc", {ann, bob}, minutes(5));
  add_rota("web", {ann, bob}, minutes(5));
  restart();
  stop();
  EXPECT_EQ(calls(), Types{"ann alert.opened"});
  pass(minutes(6), minutes(1));
  EXPECT_EQ(calls(), (Types{"bob alert.escalated", "ann alert.opened"}));
  tell("agent.started", Severity::Info, {}, "web-1");
  look();
  EXPECT_EQ(calls(), (Types{"ann alert.resolved", "bob alert.resolved", "bob alert.escalated", "ann alert.opened"}));
}

TEST_F(AlertTellingTest, ARotaThatIsGoneEndsOnlyItsOwnCalls) {
  const RotaId soc = add_rota("soc", {people_.add("ann"), people_.add("bob")}, minutes(5));
  add_rota("web", {people_.add("joe"), people_.add("kim")}, minutes(5));
  restart();
  stop();
  ASSERT_TRUE(rotas_.remove(events_.scope(), soc, "*"));
  pass(minutes(6), minutes(1));
  EXPECT_EQ(calls().front(), "kim alert.escalated");
  EXPECT_EQ(calls().size(), 3U);
  EXPECT_FALSE(active().at(0).escalates());
}

TEST_F(AlertTellingTest, AnAcknowledgedAlertHasNobodyNextToCall) {
  add_rota();
  restart();
  stop();
  const Alert alert = alerts_.acknowledge(events_.scope(), active().at(0).id).value();
  EXPECT_FALSE(alert.escalates());
  EXPECT_EQ(alert.acknowledged_by, events_.scope().actor());
  EXPECT_FALSE(alerts_.find(events_.scope(), alert.id).value().escalates());
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
  add_rota();
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
