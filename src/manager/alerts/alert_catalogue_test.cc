// Each alert of the catalogue fires and resolves; one without a case here fails the test.
#include <set>

#include "manager/alerts/testing.h"

namespace warder::manager {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Over events: what makes it fire, and what ends it: an event, time, or a person.
struct EventCase {
  std::string rule;
  std::string type;
  Severity severity = Severity::High;
  ModuleKind module = ModuleKind::Manager;
  Action action = Action::Logged;
  int times = 1;
  std::string ends_by = "time";  // or "person", or the type of an event
};

/// Over a state: a value that is wrong, and one that is right.
struct StateCase {
  std::string rule;
  std::int64_t wrong = 1;
  std::int64_t right = 0;
};

const std::vector<EventCase>& event_cases() {
  using enum ModuleKind;
  static const std::vector<EventCase> cases{
      {"events-lost", "agent.spool.loss", Severity::High, Agent},
      {"agent-disk-full", "agent.spool.disk-full", Severity::High, Agent},
      {"agent-tampered", "agent.tamper.kill", Severity::High, Agent, Action::Logged, 1, "person"},
      {"malware-not-removed", "anti-malware.file.infected", Severity::High, AntiMalware, Action::Failed, 1, "person"},
      {"critical-event", "ips.rule.matched", Severity::Critical, Ips},
      {"high-events-many", "ips.rule.matched", Severity::High, Ips, Action::Logged, 50},
      {"incident-declared", "incident.declared", Severity::Critical, Manager, Action::Logged, 1, "person"},
      {"notices-failing", "notice.failed"},
      {"signature-mirror-failed", "signatures.mirror.failed", Severity::High, Manager, Action::Failed, 1,
       "signatures.mirror.recovered"},
      {"audit-broken", "audit.broken", Severity::Critical, Manager, Action::Logged, 1, "person"},
      {"isolation-broken", "tenant.isolation.broken", Severity::Critical, Manager, Action::Logged, 1, "person"},
      {"backup-failed", "backup.failed", Severity::High, Manager, Action::Failed, 1, "backup.created"},
      {"directory-sync-failed", "directory.sync.failed", Severity::Medium, Manager, Action::Failed, 1,
       "directory.sync.recovered"},
      {"subject-request-overdue", "privacy.request.overdue", Severity::High, Manager, Action::Logged, 1, "person"},
      {"review-missed", "review.missed", Severity::High, Manager, Action::Logged, 1, "person"},
      {"control-failed", "trust.control.failed", Severity::High, Manager, Action::Failed, 1, "trust.control.recovered"},
      {"evidence-due", "trust.evidence.due", Severity::Info, Manager, Action::Logged, 1, "trust.evidence.renewed"},
      {"evidence-overdue", "trust.evidence.overdue", Severity::High, Manager, Action::Logged, 1,
       "trust.evidence.renewed"},
      {"policy-not-acknowledged", "trust.policy.overdue", Severity::High, Manager, Action::Logged, 1,
       "trust.policy.acknowledged"},
      {"stream-stopped", "stream.stopped", Severity::High, Manager, Action::Failed, 1, "stream.started"},
  };
  return cases;
}

const std::vector<StateCase>& state_cases() {
  static const std::vector<StateCase> cases{
      {"agent-silent", 301, 299},
      {"module-unhealthy", 1, 0},
      {"policy-not-applied", 1, 0},
      {"agent-certificate-expiry", -6, -30},
      {"agent-clock", 1, 0},
      {"agent-clone", 1, 0},
      {"spool-backlog", 10'000, 999},
      {"login-failures", 20, 4},
      {"login-locked", 1, 0},
      {"destination-failing", 60, 0},
      {"destination-lagging", 50'000, 4999},
      {"heartbeat-stopped", 2, 1},
      {"manager-certificate-expiry", -13, -30},
      {"signatures-old", 3, 2},
      {"backup-overdue", 2, 0},
  };
  return cases;
}

class AlertCatalogueTest : public testing::AlertTest {
 protected:
  void store(const EventCase& each, const std::string& type) {
    Event event = make_event(events_.clock().now(), each.severity);
    event.type = type;
    event.module = each.module;
    event.action = each.action;
    const auto stored = events_->record(events_.scope(), std::move(event), events_.agent());
    ASSERT_TRUE(stored) << stored.error().message;
  }
  std::vector<AlertRule> catalogue_ = load_alert_catalogue(WARDER_ALERTS).value();
  const AlertRule& rule(const std::string& id) {
    const auto found = std::ranges::find(catalogue_, id, &AlertRule::id);
    EXPECT_NE(found, catalogue_.end()) << id;
    return *found;
  }
};

TEST_F(AlertCatalogueTest, EachHasACase) {
  std::set<std::string> known;
  for (const AlertRule& each : catalogue_) known.insert(each.id);
  std::set<std::string> tested;
  for (const EventCase& each : event_cases()) tested.insert(each.rule);
  for (const StateCase& each : state_cases()) tested.insert(each.rule);
  EXPECT_EQ(known, tested);
}

TEST_F(AlertCatalogueTest, EachOverEventsFiresAndResolves) {
  for (const EventCase& each : event_cases()) {
    SCOPED_TRACE(each.rule);
    use({rule(each.rule)});
    for (int i = 0; i < each.times; ++i) {
      EXPECT_TRUE(active().empty());
      store(each, each.type);
      look();
    }
    ASSERT_EQ(active().size(), 1U);
    if (each.ends_by == "time") {
      pass(hours(2), minutes(1));
    } else if (each.ends_by == "person") {
      pass(hours(2), minutes(10));
      ASSERT_EQ(active().size(), 1U) << "until a person says so";
      ASSERT_TRUE(alerts_.resolve(events_.scope(), active()[0].id));
    } else {
      store(each, each.ends_by);
      look();
    }
    EXPECT_TRUE(active().empty());
  }
}

TEST_F(AlertCatalogueTest, EachOverAStateFiresAndResolves) {
  for (const StateCase& each : state_cases()) {
    SCOPED_TRACE(each.rule);
    const AlertRule& tested = rule(each.rule);
    ASSERT_FALSE(tested.state.empty());
    sources_.front().states = {tested.state};
    AlertGroup group;
    for (const std::string& field : tested.group_by) group[field] = "x";
    samples_ = {{tested.state, group, each.right}};
    use({tested});
    pass(minutes(15), seconds(30));
    EXPECT_TRUE(active().empty());
    samples_[0].value = each.wrong;
    pass(minutes(15), seconds(30));
    ASSERT_EQ(active().size(), 1U);
    samples_[0].value = each.right;
    pass(minutes(15), seconds(30));
    EXPECT_TRUE(active().empty());
  }
}

TEST_F(AlertCatalogueTest, TextsNameOnlyWhatThereIs) {
  for (const AlertRule& each : catalogue_) {
    SCOPED_TRACE(each.id);
    Alert alert;
    for (const std::string& field : each.group_by) alert.group[field] = "x";
    for (const auto& [language, text] : each.texts)
      for (const std::string& part : {text.title, text.meaning, text.action})
        EXPECT_EQ(fill_text(part, alert).find('?'), std::string::npos) << language << ": " << part;
  }
}

TEST(AlertCatalogue, WhatIsNoneIsRefused) {
  EXPECT_FALSE(parse_alert_catalogue("a: b"));
  EXPECT_FALSE(parse_alert_catalogue("- ["));
  EXPECT_FALSE(parse_alert_catalogue("- id: x\n  filter: \"type:a\"\n  texts: {en: {title: t}}\n"));
  EXPECT_FALSE(load_alert_catalogue("/nowhere"));
}

}  // namespace
}  // namespace warder::manager
