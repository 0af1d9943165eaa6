#include "manager/events/audit_alarm.h"

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "base/testing/log.h"
#include "manager/events/testing.h"

namespace warder::manager {
namespace {

class AuditAlarmTest : public ::testing::Test {
 protected:
  std::vector<StoredEvent> events_of(const TenantScope& scope) {
    return events_.list(scope, {{}, {}, {}}, 100, "").value().items;
  }

  TestTenants tenants_{with_events({audit_schema()})};
  warder::testing::ManualClock clock_{kNow};
  EventFeed feed_;
  EventStore events_{*tenants_, feed_, clock_};
  AuditLog audit_{*tenants_, clock_};
  ScopeMaker scopes_{*tenants_};
  warder::testing::RecordingLog log_;
  Metrics metrics_;
  AuditKeeper keeper_{{*tenants_, scopes_, audit_, clock_, log_, metrics_},
                      {},
                      [this](const TenantScope& scope, const AuditFinding& finding) {
                        tell_broken_audit({*tenants_, scopes_, events_, clock_, log_}, scope, finding);
                      }};
};

TEST_F(AuditAlarmTest, TheTenantAndTheFirstOneSeeIt) {
  const TenantScope other = tenants_.scope_of(tenants_->add("other", clock_.now()).value().id);
  const TenantScope third = tenants_.scope_of(tenants_->add("third", clock_.now()).value().id);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(audit_.append(other, "a", "b", AuditOutcome::Success));
  ASSERT_TRUE(tenants_->config(other).acquire().value()->execute("DELETE FROM audit WHERE entry = 2"));
  keeper_.work();
  for (const TenantScope& scope : {other, tenants_.scope()}) {
    const auto events = events_of(scope);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].event.type, "audit.broken");
    EXPECT_EQ(events[0].event.severity, Severity::Critical);
    EXPECT_EQ(std::get<std::int64_t>(*events[0].event.find("audit.entry")), 2);
    EXPECT_EQ(std::get<std::string>(*events[0].event.find("tenant.name")), "other");
  }
  EXPECT_TRUE(events_of(third).empty());
  EXPECT_EQ(log_.ids, std::vector<std::string>{"audit.broken"});
}

TEST_F(AuditAlarmTest, TheFirstTenantIsToldOnce) {
  ASSERT_TRUE(audit_.append(tenants_.scope(), "a", "b", AuditOutcome::Success));
  ASSERT_TRUE(tenants_->config(tenants_.scope()).acquire().value()->execute("UPDATE audit SET actor = 'x'"));
  keeper_.work();
  EXPECT_EQ(events_of(tenants_.scope()).size(), 1U);
}

}  // namespace
}  // namespace warder::manager
