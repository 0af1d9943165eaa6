#include <gtest/gtest.h>

#include "manager/incidents/testing.h"

namespace warder::manager {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// Three levels of one person each, five minutes apart; the third knows forensics.
class AssignmentTest : public ::testing::Test, public TestIncidents {
 protected:
  const UserId first_ = people_.add("first@example.com");
  const UserId second_ = people_.add("second@example.com");
  const UserId third_ = people_.add("third@example.com");
  const NoticeChannelId channel_ = make_id<NoticeChannelId>(kNow);
  Rota rota_;

  void SetUp() override {
    Rota draft;
    draft.name = "infosec";
    draft.channel = channel_;
    draft.members = {{first_, {}}, {second_, {}}, {third_, {"forensics"}}};
    for (const UserId& user : {first_, second_, third_}) {
      RotaLevel level;
      level.order = {user};
      level.wait = seconds(300);
      draft.levels.push_back(level);
    }
    rota_ = rotas_.create(scope_, draft).value();
    use_rota();
  }
  void use_rota() {
    IncidentSettings settings;
    settings.rota = rota_.id.text();
    ASSERT_TRUE(incidents_.change_settings(scope_, settings));
  }
  Incident declare_for(const std::string& skill) {
    IncidentDraft draft;
    draft.title = "db-1 sends mail";
    draft.skill = skill;
    return incidents_.declare(scope_, draft).value();
  }
  Incident now(const Incident& incident) { return incidents_.find(scope_, incident.id).value(); }
  /// To whom notices went, the oldest first, with what they are called.
  std::vector<std::string> told() {
    std::vector<std::string> all;
    const auto stored = notices_.list(scope_, {}, 100).value();
    for (const StoredNotice& each : stored) {
      EXPECT_EQ(each.address.channel, channel_);
      all.insert(all.begin(), each.notice.type + " " + people_.known.at(each.address.people.at(0)).email);
    }
    return all;
  }
  std::vector<std::string> lines(const Incident& incident) {
    std::vector<std::string> kinds;
    const auto page = incidents_.timeline(scope_, incident.id, {100, ""}).value();
    for (const TimelineEntry& each : page.items) kinds.push_back(each.kind);
    return kinds;
  }
};

TEST_F(AssignmentTest, WhoIsOnCallIsToldWithTheDeclarationAndGetsIt) {
  const Incident incident = declare_for("");
  EXPECT_EQ(incident.assignee, first_.text());
  EXPECT_FALSE(incident.acknowledged) << "a rota acknowledges nothing";
  EXPECT_EQ(told(), std::vector<std::string>{"incident.assigned first@example.com"});
  EXPECT_EQ(lines(incident), (std::vector<std::string>{"declared", "assigned"}));
}

TEST_F(AssignmentTest, WhoHasTheSkillGetsItWhereverTheyStand) {
  EXPECT_EQ(declare_for("forensics").assignee, third_.text());
  EXPECT_EQ(declare_for("juggling").assignee, first_.text()) << "nobody has it: who is on call";
}

TEST_F(AssignmentTest, FurtherLevelsAreToldWhileNobodyHasAcknowledgedIt) {
  const Incident incident = declare_for("");
  clock().advance(seconds(299));
  ASSERT_TRUE(incidents_.keep_up(scope_));
  EXPECT_EQ(told().size(), 1U);
  clock().advance(seconds(1));
  ASSERT_TRUE(incidents_.keep_up(scope_));
  ASSERT_TRUE(incidents_.keep_up(scope_)) << "a second time";
  EXPECT_EQ(now(incident).assignee, second_.text());
  clock().advance(minutes(60));
  ASSERT_TRUE(incidents_.keep_up(scope_));
  EXPECT_EQ(told(),
            (std::vector<std::string>{"incident.assigned first@example.com", "incident.escalated second@example.com",
                                      "incident.escalated third@example.com"}));
  EXPECT_EQ(lines(incident), (std::vector<std::string>{"declared", "assigned", "escalated", "escalated"}));
}

TEST_F(AssignmentTest, ALevelThatWasMissedWhileNoManagerRanIsToldAsWell) {
  const Incident incident = declare_for("");
  clock().advance(minutes(60));
  ASSERT_TRUE(incidents_.keep_up(scope_));
  EXPECT_EQ(told().size(), 3U);
  EXPECT_EQ(now(incident).level, 2);
}

TEST_F(AssignmentTest, WhoTakesItEndsTheEscalationEvenIfItWasTheirsAlready) {
  const Incident incident = declare_for("");
  IncidentChange taken;
  taken.assignee = first_.text();
  EXPECT_TRUE(incidents_.change(scope_, incident.id, "*", taken)->acknowledged);
  clock().advance(minutes(60));
  ASSERT_TRUE(incidents_.keep_up(scope_));
  EXPECT_EQ(told().size(), 1U);
}

TEST_F(AssignmentTest, ByHandItGoesToWhoIsOnCallNowAndIsAcknowledged) {
  const Incident incident = declare_for("");
  clock().advance(seconds(1));
  const Incident given = incidents_.assign(scope_, incident.id, {}, "forensics").value();
  EXPECT_EQ(given.assignee, third_.text());
  EXPECT_EQ(given.skill, "forensics");
  EXPECT_TRUE(given.acknowledged);
  EXPECT_EQ(told().back(), "incident.assigned third@example.com");
  EXPECT_EQ(incidents_.assign(scope_, incident.id, rota_.id.text(), std::string(65, 'x')).error().code,
            ErrorCode::Invalid);
  ASSERT_TRUE(rotas_.remove(scope_, rota_.id, "*"));
  EXPECT_EQ(incidents_.assign(scope_, incident.id, {}, {}).error().code, ErrorCode::Conflict);
}

TEST_F(AssignmentTest, ARotaThatIsGoneKeepsNobodyFromDeclaring) {
  ASSERT_TRUE(rotas_.remove(scope_, rota_.id, "*"));
  const Incident incident = declare_for("");
  EXPECT_TRUE(incident.told);
  EXPECT_EQ(incident.assignee, "");
  clock().advance(minutes(60));
  EXPECT_TRUE(incidents_.keep_up(scope_));
}

TEST_F(AssignmentTest, SettingsTakeARotaThatThereIs) {
  IncidentSettings settings;
  settings.rota = make_id<RotaId>(kNow).text();
  EXPECT_TRUE(incidents_.change_settings(scope_, settings).error().message.starts_with("/rota"));
  EXPECT_EQ(incidents_.settings(scope_)->rota, rota_.id.text());
}

}  // namespace
}  // namespace warder::manager
