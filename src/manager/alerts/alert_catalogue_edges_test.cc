// The edges of each alert of the catalogue: what it takes and what it spares, at which value and after which time it
// opens and resolves, and what has an alert of its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "manager/alerts/alert_rule.h"
#include "manager/events/filter_match.h"
#include "manager/events/testing.h"

namespace warder::manager {
namespace {

using std::chrono::seconds;
using Fields = std::vector<std::string>;
using enum ModuleKind;
using enum Severity;

struct Sample {
  std::string type;
  ModuleKind module = Manager;
  Severity severity = High;
  Action action = Action::Logged;
};

struct EventEdges {
  std::string rule;
  Severity severity = High;
  Fields groups;
  std::int64_t lasts_s = 0;  // how long an event counts; 0: until it is resolved
  std::vector<Sample> takes;
  std::vector<Sample> spares;
  std::vector<std::string> ends;
  Hysteresis at{};
};

struct StateEdges {
  std::string rule;
  Severity severity = High;
  Fields groups;
  std::string state;
  Hysteresis at{};
};

const std::vector<EventEdges>& event_edges() {
  static const Fields host{"host.name"};
  static const std::vector<EventEdges> edges{
      {"events-lost",
       High,
       host,
       3600,
       {{"agent.spool.loss"}, {"agent.spool.gap"}, {"agent.spool.corrupt"}},
       {{"agent.spool.disk-full"}},
       {}},
      {"agent-disk-full", High, host, 1800, {{"agent.spool.disk-full"}}, {{"agent.spool.loss"}}, {}},
      {"agent-tampered", Critical, host, 0, {{"agent.tamper.kill"}, {"agent.tamper.file"}}, {{"agent.stopped"}}, {}},
      {"malware-not-removed",
       Critical,
       host,
       0,
       {{"x", AntiMalware, High, Action::Failed}, {"x", AntiMalware, Critical, Action::Failed}},
       {{"x", AntiMalware, Medium, Action::Failed},
        {"x", AntiMalware, High, Action::Blocked},
        {"x", Firewall, High, Action::Failed}},
       {}},
      {"critical-event",
       Critical,
       host,
       3600,
       {{"x", Ips, Critical}, {"x", Integrity, Critical}},
       {{"x", Ips, High}, {"x", Manager, Critical}},
       {}},
      {"high-events-many",
       High,
       host,
       600,
       {{"x", Ips, High}, {"x", Ips, Critical}},
       {{"x", Ips, Medium}, {"x", Manager, High}},
       {},
       {50, 10, seconds(0), seconds(60)}},
      {"incident-declared", Critical, {"id"}, 0, {{"incident.declared"}}, {{"incident.closed"}}, {}},
      {"notices-failing", High, {}, 3600, {{"notice.failed"}}, {{"notice.sent"}}, {}},
      {"signature-mirror-failed",
       Medium,
       {},
       0,
       {{"signatures.mirror.failed"}},
       {{"signatures.mirror.recovered"}},
       {"signatures.mirror.recovered", "signatures.published"}},
      {"audit-broken", Critical, {}, 0, {{"audit.broken"}, {"audit.fork"}}, {{"audit.verified"}}, {}},
      {"isolation-broken", Critical, {}, 0, {{"tenant.isolation.broken"}}, {{"tenant.created"}}, {}},
      {"backup-failed", High, {}, 0, {{"backup.failed"}}, {{"backup.created"}}, {"backup.created"}},
      {"directory-sync-failed",
       Medium,
       {},
       0,
       {{"directory.sync.failed"}},
       {{"directory.sync.recovered"}},
       {"directory.sync.recovered"}},
      {"subject-request-overdue", High, {}, 0, {{"privacy.request.overdue"}}, {{"privacy.request.opened"}}, {}},
      {"evidence-due",
       Low,
       {},
       0,
       {{"trust.evidence.due"}},
       {{"trust.evidence.overdue"}, {"trust.evidence.renewed"}},
       {"trust.evidence.renewed", "trust.evidence.overdue"}},
      {"evidence-overdue",
       High,
       {},
       0,
       {{"trust.evidence.overdue"}},
       {{"trust.evidence.due"}, {"trust.evidence.renewed"}},
       {"trust.evidence.renewed", "trust.evidence.due"}},
      {"policy-not-acknowledged",
       High,
       {"rule"},
       0,
       {{"trust.policy.overdue"}},
       {{"trust.policy.due"}, {"trust.policy.acknowledged"}},
       {"trust.policy.acknowledged"}},
      {"review-missed", Medium, {}, 0, {{"review.missed"}}, {{"review.signed"}}, {}},
      {"control-failed",
       High,
       {},
       0,
       {{"trust.control.failed"}},
       {{"trust.control.recovered"}},
       {"trust.control.recovered"}},
      {"stream-stopped",
       Critical,
       {"sink.name"},
       0,
       {{"stream.stopped"}, {"stream.failed"}},
       {{"stream.started"}},
       {"stream.started", "stream.recovered"}},
  };
  return edges;
}

const std::vector<StateEdges>& state_edges() {
  static const Fields agent{"host.name", "agent"};
  static const std::vector<StateEdges> edges{
      {"agent-silent", High, agent, "agent.silent", {300, 300, seconds(0), seconds(0)}},
      {"module-unhealthy",
       High,
       {"host.name", "agent", "module"},
       "module.unhealthy",
       {1, 1, seconds(60), seconds(60)}},
      {"policy-not-applied", Medium, agent, "policy.not-applied", {1, 1, seconds(600), seconds(0)}},
      {"agent-certificate-expiry", High, agent, "certificate.agent", {-7, -7, seconds(0), seconds(0)}},
      {"agent-clock", Low, agent, "agent.clock", {1, 1, seconds(300), seconds(0)}},
      {"agent-clone", High, agent, "agent.clone", {1, 1, seconds(0), seconds(0)}},
      {"spool-backlog", Medium, agent, "spool.backlog", {10'000, 1000, seconds(300), seconds(60)}},
      {"login-failures", High, {}, "login.failures", {20, 5, seconds(0), seconds(60)}},
      {"login-locked", Medium, {}, "login.locked", {1, 1, seconds(0), seconds(0)}},
      {"destination-failing", High, {"sink.name"}, "destination.failing", {60, 1, seconds(0), seconds(0)}},
      {"destination-lagging", Medium, {"sink.name"}, "destination.backlog", {50'000, 5000, seconds(300), seconds(60)}},
      {"heartbeat-stopped", Critical, {"heartbeat"}, "heartbeat.stopped", {2, 2, seconds(0), seconds(0)}},
      {"manager-certificate-expiry", High, {"listener"}, "certificate.manager", {-14, -14, seconds(0), seconds(0)}},
      {"signatures-old", Medium, {}, "signatures.age", {3, 3, seconds(0), seconds(0)}},
      {"backup-overdue", High, {}, "backup.overdue", {2, 1, seconds(0), seconds(0)}},
  };
  return edges;
}

class AlertCatalogueEdges : public ::testing::Test {
 protected:
  const AlertRule& rule(const std::string& id) {
    const auto found = std::ranges::find(catalogue_, id, &AlertRule::id);
    EXPECT_NE(found, catalogue_.end()) << id;
    return *found;
  }
  static bool is_taken(const std::string& filter, const Sample& sample) {
    StoredEvent stored;
    stored.event = make_event(kNow, sample.severity);
    stored.event.type = sample.type;
    stored.event.module = sample.module;
    stored.event.action = sample.action;
    return matches(parse_filter(filter).value(), stored);
  }
  /// What a value does that lasts: after how many seconds; -1: nothing within a day.
  static std::int64_t seconds_until(const AlertRule& rule, Condition condition, std::int64_t value) {
    for (std::int64_t second = 0; second <= 86'400; ++second)
      if (step(rule.hysteresis, condition, value, kNow + seconds(second)) != Crossing::None) return second;
    return -1;
  }
  static void check_crossings(const AlertRule& rule, const Hysteresis& at) {
    const Condition quiet{Condition::Phase::Quiet, kNow};
    const Condition firing{Condition::Phase::Firing, kNow};
    EXPECT_EQ(seconds_until(rule, quiet, at.fire_at - 1), -1) << "less does not open it";
    EXPECT_EQ(seconds_until(rule, quiet, at.fire_at), at.fire_after.count());
    EXPECT_EQ(seconds_until(rule, firing, at.resolve_at), -1) << "this does not resolve it";
    EXPECT_EQ(seconds_until(rule, firing, at.resolve_at - 1), at.resolve_after.count());
  }

  std::vector<AlertRule> catalogue_ = load_alert_catalogue(WARDER_ALERTS).value();
};

TEST_F(AlertCatalogueEdges, EachHasEdges) {
  std::set<std::string> known;
  for (const AlertRule& each : catalogue_) known.insert(each.id);
  std::set<std::string> tested;
  for (const EventEdges& each : event_edges()) tested.insert(each.rule);
  for (const StateEdges& each : state_edges()) tested.insert(each.rule);
  EXPECT_EQ(known, tested);
  for (const AlertRule& each : catalogue_) EXPECT_TRUE(each.is_enabled) << each.id;
}

TEST_F(AlertCatalogueEdges, OverEvents) {
  for (const EventEdges& each : event_edges()) {
    SCOPED_TRACE(each.rule);
    const AlertRule& tested = rule(each.rule);
    EXPECT_EQ(tested.severity, each.severity);
    EXPECT_EQ(tested.group_by, each.groups);
    EXPECT_EQ(tested.window, seconds(each.lasts_s));
    EXPECT_EQ(tested.state, "");
    for (const Sample& sample : each.takes) EXPECT_TRUE(is_taken(tested.filter, sample)) << sample.type;
    for (const Sample& sample : each.spares) EXPECT_FALSE(is_taken(tested.filter, sample)) << sample.type;
    check_crossings(tested, each.at);
    EXPECT_EQ(tested.resolve_filter.empty(), each.ends.empty());
    for (const std::string& end : each.ends) EXPECT_TRUE(is_taken(tested.resolve_filter, {end})) << end;
    if (each.ends.empty()) continue;
    EXPECT_FALSE(is_taken(tested.resolve_filter, each.takes.front()));
  }
}

TEST_F(AlertCatalogueEdges, ThoseThatComeByTheDozenListTheirMembers) {
  std::map<std::string, std::string> members;
  for (const AlertRule& each : catalogue_)
    if (!each.members.empty()) members.emplace(each.id, each.members);
  const std::map<std::string, std::string> expected{
      {"control-failed", "rule"}, {"evidence-due", "rule"}, {"evidence-overdue", "rule"}};
  EXPECT_EQ(members, expected);
}

TEST_F(AlertCatalogueEdges, OverStates) {
  for (const StateEdges& each : state_edges()) {
    SCOPED_TRACE(each.rule);
    const AlertRule& tested = rule(each.rule);
    EXPECT_EQ(tested.severity, each.severity);
    EXPECT_EQ(tested.group_by, each.groups);
    EXPECT_EQ(tested.state, each.state);
    EXPECT_EQ(tested.filter, "");
    check_crossings(tested, each.at);
  }
}

}  // namespace
}  // namespace warder::manager
