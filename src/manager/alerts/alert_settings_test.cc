#include "manager/alerts/alert_settings.h"

#include "manager/alerts/testing.h"

namespace warder::manager {
namespace {

class AlertSettingsTest : public testing::AlertTest {
 protected:
  AlertSettingsTest() : AlertTest({event_rule("type:agent.stopped")}) {}
  TenantScope scope_ = events_.scope();
};

TEST_F(AlertSettingsTest, ARuleOfTheCatalogueIsTunedAndComesBackAsItWas) {
  EXPECT_EQ(settings_->rule(scope_, "test-rule").value().version, 0);
  const AlertRule tuned = settings_->change_rule(scope_, "test-rule", "\"0\"", {{"fire_at", 7}}).value();
  EXPECT_EQ(tuned.hysteresis.fire_at, 7);
  EXPECT_EQ(tuned.filter, "type:agent.stopped");
  EXPECT_EQ(settings_->change_rule(scope_, "test-rule", "\"0\"", {{"fire_at", 8}}).error().code, ErrorCode::Stale);
  EXPECT_EQ(audit_.list(scope_, {}).value().items.at(0).record.action, "alert-rule.create");
  // A newer catalogue still changes what the tenant has not.
  AlertRule newer = event_rule("type:agent.started");
  use({newer});
  EXPECT_EQ(settings_->rule(scope_, "test-rule").value().filter, "type:agent.started");
  EXPECT_EQ(settings_->rule(scope_, "test-rule").value().hysteresis.fire_at, 7);
  ASSERT_TRUE(settings_->remove_rule(scope_, "test-rule", "*"));
  EXPECT_EQ(settings_->rule(scope_, "test-rule").value().hysteresis.fire_at, 1);
}

TEST_F(AlertSettingsTest, AnOwnRuleIsMadeChangedAndRemoved) {
  json::object body = rule_to_json(event_rule("severity:high"));
  const AlertRule made = settings_->add_rule(scope_, "mine", body).value();
  EXPECT_FALSE(made.is_built_in);
  EXPECT_EQ(settings_->rules(scope_).value().size(), 2U);
  const AlertRule changed = settings_->change_rule(scope_, made.id, "*", {{"name", "yours"}, {"window_s", 60}}).value();
  EXPECT_EQ(changed.name, "yours");
  EXPECT_EQ(changed.window, std::chrono::seconds(60));
  EXPECT_EQ(settings_->add_rule(scope_, "yours", body).error().code, ErrorCode::Conflict);
  ASSERT_TRUE(settings_->remove_rule(scope_, made.id, "*"));
  EXPECT_EQ(settings_->rule(scope_, made.id).error().code, ErrorCode::NotFound);
}

TEST_F(AlertSettingsTest, WhatCannotBeARuleIsRefusedWithItsPlace) {
  const auto error_of = [this](const json::object& change) {
    json::object body = rule_to_json(event_rule("severity:high"));
    for (const auto& [key, value] : change) body[key] = value;
    const auto made = settings_->add_rule(scope_, "x", body);
    return made ? std::string() : made.error().message;
  };
  EXPECT_TRUE(error_of({{"filter", "("}}).starts_with("/filter"));
  EXPECT_TRUE(error_of({{"filter", ""}}).starts_with("/filter"));
  EXPECT_TRUE(error_of({{"resolve_filter", "("}}).starts_with("/resolve_filter"));
  EXPECT_TRUE(error_of({{"state", "agent.silent"}}).starts_with("/filter"));
  EXPECT_TRUE(error_of({{"state", "agent.silent"}, {"filter", ""}, {"resolve_filter", "("}}).starts_with("/resolve"));
  EXPECT_TRUE(error_of({{"group_by", {"colour"}}}).starts_with("/group_by/0"));
  EXPECT_TRUE(error_of({{"fire_at", 0}}).starts_with("/fire_at"));
  EXPECT_TRUE(error_of({{"resolve_at", 2}}).starts_with("/resolve_at"));
  EXPECT_TRUE(error_of({{"window_s", -1}}).starts_with("/window_s"));
  EXPECT_TRUE(error_of({{"severity", "loud"}}).starts_with("/severity"));
  EXPECT_TRUE(error_of({{"texts", {{"fr", json::object()}}}}).starts_with("/texts/fr"));
}

TEST_F(AlertSettingsTest, ASilenceKnowsWhoMadeIt) {
  const AlertSilence made = settings_
                                ->add_silence(scope_, "move",
                                              {{"until", to_rfc3339(kNow + std::chrono::hours(1))},
                                               {"reason", "move"},
                                               {"owner", "user:somebody else"}})
                                .value();
  EXPECT_EQ(made.owner, scope_.actor());
  EXPECT_EQ(made.from, kNow);
  ASSERT_TRUE(settings_->remove_silence(scope_, made.id, "*"));
  EXPECT_TRUE(settings_->silences(scope_).value().empty());
}

TEST_F(AlertSettingsTest, RoutesAndHeartbeatsAreKept) {
  const AlertRoute made = route_all();
  EXPECT_EQ(settings_->routes(scope_).value().at(0).channels, std::vector{channel_});
  EXPECT_EQ(settings_->change_route(scope_, made.id, "*", {{"severity", "critical"}}).value().least,
            Severity::Critical);
  ASSERT_TRUE(settings_->remove_route(scope_, made.id, "*"));
  const AlertHeartbeat heartbeat =
      settings_->add_heartbeat(scope_, "pager", {{"channel", channel_.text()}, {"interval_s", 60}}).value();
  EXPECT_EQ(settings_->heartbeat(scope_, heartbeat.id).value().interval, std::chrono::seconds(60));
  EXPECT_FALSE(settings_->add_heartbeat(scope_, "other", {{"interval_s", 60}}));
  EXPECT_FALSE(settings_->change_heartbeat(scope_, heartbeat.id, "*", {{"interval_s", 1}}));
}

}  // namespace
}  // namespace warder::manager
