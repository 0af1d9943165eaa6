// Alerts that list what they are about: one for all, told as it grows, over with the last.
#include <algorithm>

#include "manager/alerts/testing.h"

namespace warder::manager {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// Lists the users of a host, from one event to another.
AlertRule listing() {
  AlertRule rule;
  rule.id = "test-rule";
  rule.name = "test-rule";
  rule.is_built_in = true;
  rule.severity = Severity::High;
  rule.filter = "type:agent.stopped";
  rule.resolve_filter = "type:agent.started";
  rule.group_by = {"host.name"};
  rule.members = "user.name";
  rule.window = seconds(0);
  rule.texts["en"] = {"{value} on {host.name}: {members}", "It means.", "Do."};
  return rule;
}

class AlertMembersTest : public testing::AlertTest {
 protected:
  AlertMembersTest() : AlertTest({listing()}) {
    route_all();
    restart();
  }
  void fail(const std::string& who, const std::string& host = "web-1") {
    tell("agent.stopped", Severity::High, {{"user.name", who}}, host);
  }
  void recover(const std::string& who, const std::string& host = "web-1") {
    tell("agent.started", Severity::Info, {{"user.name", who}}, host);
  }
  Types members() {
    const auto open = active();
    return open.size() == 1 ? open[0].members : Types{"not one alert but " + std::to_string(open.size())};
  }
};

TEST_F(AlertMembersTest, ADozenAtOnceAreOneAlertThatListsThem) {
  for (int i = 0; i < 12; ++i) fail("u" + std::to_string(10 + i));
  look();
  EXPECT_EQ(members().size(), 12U);
  EXPECT_EQ(active()[0].value, 12);
  EXPECT_EQ(fill_text("{members}", active()[0]), "u10, u11, u12, u13, u14, u15, u16, u17, u18, u19 +2");
  EXPECT_EQ(notice_types(), Types{"alert.opened"});
  pass(minutes(5));
  EXPECT_EQ(notice_types(), (Types{"alert.grown", "alert.opened"})) << "the eleven that came behind, at once";
  const std::string body = notices()[0].notice.texts.at("en").body;
  EXPECT_NE(body.find("Lists: u21\n"), std::string::npos) << body;
}

TEST_F(AlertMembersTest, GoesOnUntilTheLastHasRecovered) {
  fail("ann");
  fail("bob");
  fail("ann");
  look();
  EXPECT_EQ(members(), (Types{"ann", "bob"})) << "each once";
  EXPECT_EQ(active()[0].count, 3);
  recover("ann");
  recover("somebody else");
  look();
  EXPECT_EQ(members(), Types{"bob"});
  EXPECT_EQ(active()[0].value, 1);
  pass(minutes(60), minutes(5));
  EXPECT_EQ(members(), Types{"bob"}) << "time ends nothing";
  recover("bob");
  look();
  EXPECT_TRUE(active().empty());
  EXPECT_EQ(all()[0].members, Types{"bob"}) << "what it was about at last";
  EXPECT_EQ(notice_types().front(), "alert.resolved");
  fail("cid");
  look();
  EXPECT_EQ(members(), Types{"cid"});
  EXPECT_EQ(all().size(), 2U) << "another alert";
}

TEST_F(AlertMembersTest, ARestartForgetsNobody) {
  fail("ann");
  fail("bob");
  look();
  restart();
  EXPECT_EQ(members(), (Types{"ann", "bob"}));
  recover("ann");
  restart();
  EXPECT_EQ(members(), Types{"bob"});
  recover("bob");
  restart();
  EXPECT_TRUE(active().empty());
}

TEST_F(AlertMembersTest, GroupsAreApart) {
  fail("ann", "web-1");
  fail("ann", "web-2");
  look();
  EXPECT_EQ(active().size(), 2U);
  recover("ann", "web-1");
  look();
  ASSERT_EQ(active().size(), 1U);
  EXPECT_EQ(active()[0].group.at("host.name"), "web-2");
}

TEST_F(AlertMembersTest, WhoHasAcknowledgedIsToldOfAnother) {
  fail("ann");
  look();
  ASSERT_TRUE(alerts_.acknowledge(events_.scope(), active()[0].id));
  pass(minutes(5));
  EXPECT_EQ(active()[0].state, AlertState::Acknowledged);
  fail("ann");
  look();
  EXPECT_EQ(active()[0].state, AlertState::Acknowledged) << "of that one they know";
  recover("ann");
  fail("bob");
  fail("ann");
  look();
  pass(minutes(2));
  const std::size_t before = notices().size();
  ASSERT_TRUE(alerts_.acknowledge(events_.scope(), active()[0].id));
  fail("cid");
  pass(minutes(2));
  EXPECT_EQ(active()[0].state, AlertState::Open);
  EXPECT_TRUE(active()[0].acknowledged_by.empty());
  EXPECT_EQ(notices().size(), before + 1);
  EXPECT_EQ(notice_types().front(), "alert.grown");
  ASSERT_TRUE(alerts_.acknowledge(events_.scope(), active()[0].id)) << "and can acknowledge it again";
  EXPECT_EQ(active()[0].state, AlertState::Acknowledged);
}

TEST_F(AlertMembersTest, WhatCameWhileItWasSilencedIsToldAfterwards) {
  ASSERT_TRUE(settings_->add_silence(events_.scope(), "quiet",
                                     {{"from", to_rfc3339(events_.clock().now())},
                                      {"until", to_rfc3339(events_.clock().now() + minutes(10))},
                                      {"reason", "a test"}}));
  ASSERT_TRUE(alerts_.note_change(events_.scope()));
  fail("ann");
  look();
  fail("bob");
  pass(minutes(5));
  EXPECT_TRUE(notices().empty());
  pass(minutes(10));
  EXPECT_EQ(notice_types(), Types{"alert.opened"}) << "both at once";
}

TEST_F(AlertMembersTest, WhatThereIsNoRoomForIsOneTogether) {
  options_.max_groups = 3;
  restart();
  for (int i = 0; i < 9; ++i) fail("u" + std::to_string(i));
  look();
  EXPECT_EQ(members(), (Types{"others", "u0", "u1", "u2"}));
  for (int i = 0; i < 9; ++i) recover("u" + std::to_string(i));
  look();
  EXPECT_EQ(members(), Types{"others"}) << "nobody knows whether all of them have recovered: a person ends it";
}

TEST_F(AlertMembersTest, AlertsOfEachBecomeOneWhenTheRuleComesToListThem) {
  AlertRule before = listing();
  before.members.clear();
  before.group_by = {"host.name", "user.name"};
  use({before});
  fail("ann");
  fail("bob");
  look();
  ASSERT_EQ(active().size(), 2U);
  use({listing()});
  EXPECT_EQ(members(), (Types{"ann", "bob"}));
  recover("ann");
  recover("bob");
  look();
  EXPECT_TRUE(active().empty());
}

TEST_F(AlertMembersTest, ARuleThatCannotListIsRefused) {
  const auto error_of = [](const json::object& change) {
    AlertRule rule = listing();
    const auto read = read_rule(change, rule);
    return read ? std::string() : read.error().message;
  };
  EXPECT_EQ(error_of({}), "");
  EXPECT_TRUE(error_of({{"members", "no.such.field"}}).starts_with("/members"));
  EXPECT_TRUE(error_of({{"members", "host.name"}}).starts_with("/members"));
  EXPECT_TRUE(error_of({{"window_s", 60}}).starts_with("/window_s"));
  EXPECT_TRUE(error_of({{"state", "agent.silent"}, {"filter", ""}, {"resolve_filter", ""}}).starts_with("/members"));
}

}  // namespace
}  // namespace warder::manager
