// For tests: an engine with a tenant, a clock that is set, and states that say what they are told to.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "manager/alerts/alert_engine.h"
#include "manager/events/own_event.h"
#include "manager/events/testing.h"
#include "manager/notify/testing.h"
#include "manager/siem/testing.h"

namespace warder::manager::testing {

class AlertTest : public ::testing::Test {
 protected:
  using Types = std::vector<std::string>;

  explicit AlertTest(std::vector<AlertRule> catalogue = {}) { use(std::move(catalogue)); }

  /// As after a restart of the manager, with this catalogue.
  void use(std::vector<AlertRule> catalogue) {
    settings_ = std::make_unique<AlertSettings>(*events_.tenants(), audit_, events_.clock(), std::move(catalogue));
    restart();
  }
  void restart() {
    engine_ = std::make_unique<AlertEngine>(parts(), events_.scope(), "a", options_);
    look();
  }
  AlertEngineParts parts() {
    return {alerts_, *settings_, outbox_, rotas_, *events_, sources_, events_.clock(), *log_};
  }
  /// Until nothing is new.
  void look() {
    for (int i = 0; i < 10'000; ++i) {
      const auto round = engine_->round();
      ASSERT_TRUE(round) << round.error().message;
      if (*round == AlertEngine::Round::Idle) return;
    }
    FAIL() << "there is no end";
  }
  /// Time goes by, with a look every so often.
  void pass(std::chrono::seconds time, std::chrono::seconds each = std::chrono::seconds(10)) {
    for (std::chrono::seconds gone{0}; gone < time; gone += each) {
      events_.clock().advance(each);
      look();
    }
  }
  void tell(const std::string& type, Severity severity = Severity::High, const json::object& fields = {},
            const std::string& host = "") {
    Event event = make_own_event(events_.clock().now(), type, severity);
    for (const auto& [key, value] : fields) event.set(std::string(key), std::string(value.as_string()));
    std::optional<AgentRef> about;
    if (!host.empty()) {
      about = events_.agent();
      about->hostname = host;
    }
    const auto stored = events_->record(events_.scope(), std::move(event), about);
    ASSERT_TRUE(stored) << stored.error().message;
  }
  std::vector<Alert> active() { return alerts_.active(events_.scope()).value(); }
  std::vector<Alert> all() { return alerts_.list(events_.scope(), {}).value().items; }
  std::vector<StoredNotice> notices() { return outbox_.list(events_.scope(), "", 10'000).value(); }
  std::vector<std::string> notice_types() {
    std::vector<std::string> types;
    for (const StoredNotice& each : notices()) types.push_back(each.notice.type);
    return types;
  }
  /// Everything goes to one channel.
  AlertRoute route_all() {
    channel_ = make_id<NoticeChannelId>(kNow);
    return settings_->add_route(events_.scope(), "all", {{"channels", {channel_.text()}}}).value();
  }
  static AlertRule event_rule(const std::string& filter, std::int64_t fire_at = 1) {
    AlertRule rule;
    rule.id = "test-rule";
    rule.name = "test-rule";
    rule.is_built_in = true;
    rule.filter = filter;
    rule.severity = Severity::High;
    rule.group_by = {"host.name"};
    rule.hysteresis.fire_at = fire_at;
    rule.hysteresis.resolve_at = 1;
    rule.texts["en"] = {"Something about {host.name}", "It means.", "Do."};
    return rule;
  }
  /// Until a person or an event ends it.
  static AlertRule lasting() {
    AlertRule rule = event_rule("type:agent.stopped");
    rule.window = std::chrono::seconds(0);
    rule.resolve_filter = "type:agent.started";
    return rule;
  }

  AlertEngineOptions options_;
  TestEvents events_{keeping_outbox(),
                     {audit_schema(), alerts_schema(), alert_settings_schema(), notices_schema(), rotas_schema()}};
  AuditLog audit_{*events_.tenants(), events_.clock()};
  Alerts alerts_{*events_.tenants(), audit_, events_.clock()};
  NoticeOutbox outbox_{*events_.tenants(), events_.clock()};
  People people_;
  Rotas rotas_{*events_.tenants(), audit_, events_.clock(), people_.find()};
  std::vector<StateSample> samples_;
  bool knows_ = true;
  std::vector<StateSource> sources_{{{"test.state"}, [this](const TenantScope&) -> Result<std::vector<StateSample>> {
                                       if (!knows_) return fail(ErrorCode::Unavailable, "nobody knows");
                                       return samples_;
                                     }}};
  std::unique_ptr<Log> log_ = make_json_log({2, "test", LogLevel::Error, false, {}});
  std::unique_ptr<AlertSettings> settings_;
  std::unique_ptr<AlertEngine> engine_;
  NoticeChannelId channel_;
};

}  // namespace warder::manager::testing
