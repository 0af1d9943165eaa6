#include "manager/provisioning/isolation_check.h"

#include "manager/provisioning/testing.h"

namespace warder::manager {
namespace {

using std::chrono::hours;

class IsolationCheckTest : public ProvisioningTest {
 protected:
  IsolationCheck check_{*test_.tenants, test_.identity, policies_, test_.audit, events_, test_.clock};
};

TEST_F(IsolationCheckTest, PassesAndItsResultIsKept) {
  make("acme");
  EXPECT_TRUE(check_.is_due(hours{24}).value());
  const IsolationResult result = check_.run().value();
  EXPECT_TRUE(result.has_passed) << result.findings.front();
  EXPECT_EQ(result.tenants, 3) << "primary, acme and the watcher";
  EXPECT_EQ(result.attempts, is_on_postgres() ? 28 : 24);
  EXPECT_FALSE(check_.is_due(hours{24}).value());
  test_.clock.advance(hours{24});
  EXPECT_TRUE(check_.is_due(hours{24}).value());
  ASSERT_TRUE(check_.run());
  const auto kept = check_.results(10).value();
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_GT(kept[0].time, kept[1].time);
  EXPECT_EQ(kept[1].attempts, result.attempts);
  EXPECT_EQ(test_.tenants->list().size(), 4U) << "the canaries are made once";
}

TEST_F(IsolationCheckTest, WhatIsReachedFromAnotherTenantIsFoundAndTold) {
  const TenantScope acme = scope_of(make("acme").tenant.id);
  ASSERT_TRUE(check_.run());
  // As if the stores mixed up tenants: the canary's user is in acme's table, under the same id.
  const TenantScope canary = scope_of(test_.tenants->find_by_name(kCanary).value().id);
  const UserPage users = test_.identity.users().list(canary, 1, {}).value();
  const User user = users.items.at(0);
  {
    auto db = test_.tenants->config(acme).acquire().value();
    const Bytes name = test_.tenants->seal_text(acme, {"users", user.id.text(), "display_name"}, "x");
    db->execute("UPDATE users SET id = ?1, display_name = ?2, email = NULL", {user.id.text(), name}).value();
  }
  test_.clock.advance(hours{1});
  const IsolationResult result = check_.run().value();
  EXPECT_FALSE(result.has_passed);
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings[0], "tenant acme: a user by id: was reached");
  EXPECT_EQ(check_.results(1).value().at(0).findings, result.findings);
  const EventPage events = events_.list(operator_, {}, 10, "").value();
  ASSERT_EQ(events.items.size(), 1U);
  EXPECT_EQ(events.items[0].event.type, "tenant.isolation.broken");
  EXPECT_EQ(events.items[0].event.severity, Severity::Critical);
}

TEST_F(IsolationCheckTest, WhatCannotBeTriedIsNoPass) {
  ASSERT_TRUE(check_.run());
  const TenantScope canary = scope_of(test_.tenants->find_by_name(kCanary).value().id);
  test_.clock.advance(hours{1});
  {
    auto db = test_.tenants->config(canary).acquire().value();
    db->execute("UPDATE users SET display_name = ?1", {Bytes{1, 2, 3}}).value();
  }
  EXPECT_FALSE(check_.run()) << "it could not be tried, and that is no pass";
  EXPECT_EQ(check_.results(10).value().size(), 1U);
}

}  // namespace
}  // namespace warder::manager
