#include "manager/incidents/affected_tenants.h"

#include <gtest/gtest.h>

#include "manager/events/own_event.h"
#include "manager/incidents/testing.h"
#include "manager/tenancy/scope_maker.h"

namespace warder::manager {
namespace {

using std::chrono::hours;

class AffectedTenantsTest : public ::testing::Test, public TestIncidents {
 protected:
  const TenantScope other_ = other_tenant("acme");
  const TenantScope third_ = other_tenant("quiet");
  Incident incident_ = declare("the database was copied");

  TenantScope other_tenant(const std::string& name) {
    const Tenant tenant = events_.tenants()->add(name, kNow).value();
    return ScopeMaker{*events_.tenants()}.make(tenant.id, "job:test").value();
  }
  void happen(const TenantScope& scope, const std::string& user, Timestamp time) {
    Event event = make_own_event(time, "user.login", Severity::Info);
    if (!user.empty()) event.set("user.name", user);
    ASSERT_TRUE(events_->record(scope, event));
  }
  AffectedTenants count(Timestamp from = kNow - hours{1}, Timestamp to = kNow + hours{1}) {
    return count_affected_tenants({*events_.tenants(), *events_, audit_}, scope_, incident_, {{}, from, to}).value();
  }
  static const TenantAffected& of(const AffectedTenants& all, const std::string& name) {
    return *std::ranges::find(all.tenants, name, &TenantAffected::name);
  }
};

TEST_F(AffectedTenantsTest, EachTenantIsCountedByItself) {
  happen(other_, "ann", kNow);
  happen(other_, "bob", kNow);
  happen(other_, "ann", kNow + hours{2});
  happen(scope_, "ann", kNow);
  happen(third_, "", kNow);
  const AffectedTenants all = count();
  EXPECT_EQ(of(all, "acme").counted.with_personal_data, 2);
  EXPECT_EQ(of(all, "acme").counted.persons, 2);
  EXPECT_EQ(of(all, "quiet").counted.with_personal_data, 0);
  EXPECT_EQ(all.affected, 2);
  EXPECT_EQ(all.records, 4) << "the declaration itself has a title that people wrote";
  EXPECT_EQ(all.persons, 3) << "ann is known to two tenants";
  EXPECT_TRUE(all.is_complete);
}

TEST_F(AffectedTenantsTest, EachTenantSeesThatItWasCountedAndByWhom) {
  count();
  const auto entry = audit_.list(other_, {}).value().items.at(0);
  EXPECT_EQ(entry.record.action, "breach.count");
  EXPECT_EQ(entry.actor, "operator:1");
  EXPECT_EQ(entry.record.object, "incident:" + incident_.id.text());
}

TEST_F(AffectedTenantsTest, AnEmptyStretchOfTimeIsRefused) {
  EXPECT_EQ(
      count_affected_tenants({*events_.tenants(), *events_, audit_}, scope_, incident_, {{}, kNow, kNow}).error().code,
      ErrorCode::Invalid);
}

}  // namespace
}  // namespace warder::manager
