// For tests: reports with all that they stand on: people with roles, hosts in groups, events, alerts, incidents.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/json.h"
#include "manager/alerts/alerts.h"
#include "manager/events/own_event.h"
#include "manager/events/testing.h"
#include "manager/fleet/groups.h"
#include "manager/identity/testing.h"
#include "manager/incidents/breach_notice.h"
#include "manager/incidents/evidence_store.h"
#include "manager/notify/testing.h"
#include "manager/reports/report_turns.h"

namespace warder::manager::testing {

class TestReports {
 public:
  TestReports() { who_.clock.step_to(kNow); }

  static std::vector<FeatureSchema> schemas() {
    return with_events({reports_schema(), alerts_schema(), alert_settings_schema(), notices_schema(), rotas_schema(),
                        incidents_schema(), evidence_schema(), breach_notices_schema(), policies_schema(),
                        fleet_schema()});
  }
  EventStoreOptions options() {
    EventStoreOptions options;
    options.reached_agents = [this](const TenantScope& scope) { return agents_.reached(scope); };
    return options;
  }

  AgentRef add_host(const std::string& hostname, const std::optional<GroupId>& group = {}) {
    const AgentId id = make_id<AgentId>(clock_.now());
    auto db = tenants_.config(scope_).acquire().value();
    EXPECT_TRUE(agents_.add(*db, {id, hostname, group, {}, clock_.now() + std::chrono::days{30}}));
    AgentRef agent;
    agent.id = id;
    agent.hostname = hostname;
    return agent;
  }
  /// Somebody with the role for one group only.
  User add_limited(const std::string& name, std::string_view role, const GroupId& group) {
    UserDraft draft{name, name, "mail@example.com", kGoodPassword, {}};
    draft.scoped_roles = {{std::string(role), Reach{.groups = {group.text()}}}};
    return who_.identity.users().create(scope_, draft).value();
  }
  void happen(const AgentRef& host, const std::string& type, Severity severity, const std::string& rule = "r1") {
    Event event = make_own_event(clock_.now() - std::chrono::hours(1), type, severity);
    event.module = ModuleKind::Integrity;
    event.rule = rule;
    EXPECT_TRUE(events_.record(scope_, std::move(event), host));
  }
  static json::object body(const std::string& kind, const std::vector<User>& recipients) {
    json::array ids;
    for (const User& each : recipients) ids.emplace_back(each.id.text());
    return {{"name", "Daily " + kind}, {"kind", kind}, {"range", "24h"}, {"recipients", std::move(ids)}};
  }
  /// The deliveries that were made for somebody.
  std::vector<ReportDelivery> deliveries_of(const User& user) {
    return deliveries_.list(who_.scope_of(user), {}, {}).value().items;
  }
  std::string document_of(const User& user) {
    return deliveries_.download(who_.scope_of(user), deliveries_of(user).at(0).id, ReportFormat::Json).value();
  }
  std::vector<std::string> event_types() {
    std::vector<std::string> types;
    const auto page = events_.list(scope_, {parse_filter("type:\"report.*\"").value(), {}, {}}, 100, "").value();
    for (const StoredEvent& each : page.items) types.push_back(each.event.type);
    return types;
  }

  TestIdentity who_{schemas()};
  warder::testing::ManualClock& clock_ = who_.clock;
  Tenants& tenants_ = *who_.tenants;
  TenantScope scope_ = who_.tenants.scope("job:reports");
  ChangeBus bus_;
  Policies policies_{tenants_, who_.audit, bus_, clock_};
  Agents agents_{tenants_, who_.audit, policies_, bus_, clock_};
  Groups groups_{tenants_, who_.audit, bus_, clock_};
  EventFeed feed_;
  EventStore events_{tenants_, feed_, clock_, options()};
  Alerts alerts_{tenants_, who_.audit, clock_};
  AlertSettings alert_settings_{tenants_, who_.audit, clock_, {}};
  NoticeOutbox notices_{tenants_, clock_};
  People people_;
  Rotas rotas_{tenants_, who_.audit, clock_, people_.find()};
  Incidents incidents_{tenants_, who_.audit, events_, notices_, rotas_, clock_};
  Messages messages_;
  Reports reports_{tenants_, who_.audit, who_.identity.users(), clock_};
  ReportDeliveries deliveries_{tenants_, who_.audit, clock_};
  ReportSources sources_{events_, alerts_, alert_settings_, incidents_, agents_, groups_, policies_, messages_};
};

}  // namespace warder::manager::testing
