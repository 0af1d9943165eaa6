#include "manager/identity/password_policies.h"

#include <gtest/gtest.h>

#include "manager/identity/testing.h"

namespace warder::manager {
namespace {

using testing::kGoodPassword;
using testing::TestIdentity;
namespace json = boost::json;

/// What nobody has had before, under every profile.
std::string password_number(int number) {
  return "Qzk-Wvrm-Pxlbd-" + std::to_string(100 + number);
}

TEST(PasswordPolicy, IsTheDefaultUntilTheTenantChooses) {
  TestIdentity test;
  PasswordPolicies& policies = test.identity.password_policies();
  const TenantScope scope = test.tenants.scope();
  const PasswordPolicy before = policies.find(scope).value();
  EXPECT_EQ(before.profile, "pci-4.0.1+seed");
  EXPECT_EQ(before.version, 0);
  ASSERT_TRUE(policies.set(scope, "\"0\"", "nist-63b-4", {{"min_length", 20}}));
  const PasswordPolicy after = policies.find(scope).value();
  EXPECT_EQ(after.profile, "nist-63b-4");
  EXPECT_EQ(after.rules.min_length, 20);
  EXPECT_EQ(after.rules.lock_after, 20);
  EXPECT_EQ(policies.rules(scope)->min_length, 20);
  EXPECT_EQ(policies.set(scope, "\"0\"", "seed-2018", {}).error().code, ErrorCode::Stale);
  EXPECT_EQ(test.audited()[0], "password-policy.set success");
}

TEST(PasswordPolicy, NobodyGoesBelowTheOperatorsFloor) {
  TestIdentity test;
  const TenantScope scope = test.tenants.scope();
  ASSERT_TRUE(test.identity.password_policies().set(scope, "*", "nist-63b-4", {}));
  const auto floor = parse_password_floor("seed-2018", {"min_length=16", "lock_after=5"}).value();
  PasswordPolicies policies(*test.tenants, test.audit, test.clock, std::make_shared<const KnownWords>(), floor);

  const PasswordPolicy before = policies.find(scope).value();
  EXPECT_EQ(before.profile, "nist-63b-4") << "the choice stays, its rules are raised";
  EXPECT_EQ(before.rules.min_length, 16);
  EXPECT_TRUE(before.rules.both_cases);
  EXPECT_EQ(before.rules.idle_s, 1800);
  EXPECT_EQ(policies.rules(scope)->lock_after, 5);
  EXPECT_FALSE(policies.check(scope, "Qzk-Wvrm-Pxlbd9", {}, "/new")) << "15 characters";
  EXPECT_TRUE(policies.check(scope, "Qzk-Wvrm-Pxlbd90", {}, "/new"));

  const auto refused = policies.set(scope, "*", "pci-4.0.1+seed", {{"min_length", 16}});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message.starts_with("/overrides/lock_after: weaker than what this service's operator"))
      << refused.error().message;
  const PasswordPolicy after =
      policies.set(scope, "*", "pci-4.0.1+seed", {{"min_length", 16}, {"lock_after", 5}}).value();
  EXPECT_EQ(after.rules.max_sessions, 20);
}

TEST(PasswordPolicy, RefusesWhatIsWeakerOrBreaksTheProfile) {
  TestIdentity test;
  const struct {
    const char* profile;
    json::object overrides;
    const char* message;
  } cases[] = {
      {"pci-3", {}, "/profile: no such profile"},
      {"pci-4.0.1+seed", {{"min_length", 8}}, "/overrides/min_length: weaker"},
      {"pci-4.0.1+seed", {{"max_age_days", 0}}, "/overrides/max_age_days: weaker"},
      {"pci-4.0.1+seed", {{"min_length", 4096}}, "/overrides/min_length: "},
      {"pci-4.0.1+seed", {{"min_size", 12}}, "/overrides/min_size: "},
      {"nist-63b-4", {{"both_cases", true}}, "/overrides/both_cases: breaks the profile's own standard"},
      {"nist-63b-4", {{"max_age_days", 90}}, "/overrides/max_age_days: breaks the profile's own standard"},
      {"pci-4.0.1+mfa", {{"second_factor", false}}, "/overrides/second_factor: weaker"},
  };
  for (const auto& each : cases) {
    const auto set = test.identity.password_policies().set(test.tenants.scope(), "*", each.profile, each.overrides);
    ASSERT_FALSE(set) << each.message;
    EXPECT_EQ(set.error().code, ErrorCode::Invalid);
    EXPECT_TRUE(set.error().message.starts_with(each.message)) << set.error().message;
  }
  EXPECT_EQ(test.identity.password_policies().find(test.tenants.scope())->version, 0);
}

TEST(PasswordPolicy, AnotherManagerFollowsWithinFiveSeconds) {
  TestIdentity test;
  const TenantScope scope = test.tenants.scope();
  PasswordPolicies other(*test.tenants, test.audit, test.clock, std::make_shared<const KnownWords>());
  EXPECT_EQ(other.rules(scope)->min_length, 12);
  ASSERT_TRUE(test.identity.password_policies().set(scope, "*", "seed-2018", {}));
  EXPECT_EQ(test.identity.password_policies().rules(scope)->min_length, 8);
  test.clock.advance(std::chrono::seconds(5));
  EXPECT_EQ(other.rules(scope)->min_length, 8);
}

TEST(PasswordPolicy, HoldsForNewUsersAndForTheirNames) {
  TestIdentity test;
  Users& users = test.identity.users();
  const TenantScope scope = test.tenants.scope();
  const auto with = [&](const std::string& password) {
    return users.create(scope, {"hanako.sato", "Satō Hanako", "h.sato@acme.example", password, {"auditor"}});
  };
  for (const char* personal :
       {"Qx7-satou-zkwv", "Qx7-okanah-zkw", "ﾊﾅｺ-Qx7-zkwvrm", "Acme-Qx7-zkwvr", "Primary-Qx7-zk"}) {
    const auto refused = with(personal);
    ASSERT_FALSE(refused) << personal;
    EXPECT_TRUE(refused.error().message.starts_with("/password: a password has no names")) << refused.error().message;
  }
  EXPECT_EQ(with("short").error().message,
            "/password: a password has at least 12 characters; a password has letters and digits; "
            "a password has upper and lower case letters");
  EXPECT_TRUE(with(kGoodPassword));
  ASSERT_TRUE(test.identity.password_policies().set(scope, "*", "nist-63b-4", {}));
  EXPECT_TRUE(users.create(scope, {"ann", "", std::nullopt, "tzqkwvrmpxlbdfg", {"auditor"}}));
}

TEST(PasswordPolicy, TheLastFourAreNotTakenAgain) {
  TestIdentity test;
  const User ann = test.add_user("ann");
  Users& users = test.identity.users();
  const TenantScope scope = test.scope_of(ann);
  std::string current = kGoodPassword;
  const auto change_to = [&](const std::string& next) {
    test.clock.advance(std::chrono::hours(24));
    const auto changed = users.change_password(scope, ann.id, current, next);
    if (changed) current = next;
    return changed;
  };
  for (int i = 1; i <= 4; ++i) ASSERT_TRUE(change_to(password_number(i)));
  EXPECT_EQ(change_to(password_number(4)).error().message, "/new: the same as before");
  for (int i = 1; i <= 3; ++i)
    EXPECT_EQ(change_to(password_number(i)).error().message, "/new: one of the last 4 passwords") << i;
  EXPECT_TRUE(change_to(kGoodPassword));  // the fifth-last
}

TEST(PasswordPolicy, ACycleThroughTheHistoryTakesDays) {
  TestIdentity test;
  const User ann = test.add_user("ann");
  Users& users = test.identity.users();
  const TenantScope scope = test.scope_of(ann);
  ASSERT_TRUE(users.change_password(scope, ann.id, kGoodPassword, password_number(1)));  // a first one, at once
  test.clock.advance(std::chrono::hours(24) - std::chrono::seconds(1));
  EXPECT_NE(
      users.change_password(scope, ann.id, password_number(1), password_number(2)).error().message.find("24 hours"),
      std::string::npos);
  test.clock.advance(std::chrono::seconds(1));
  EXPECT_TRUE(users.change_password(scope, ann.id, password_number(1), password_number(2)));
}

TEST(PasswordPolicy, AfterNinetyDaysAPasswordMustBeChanged) {
  TestIdentity test;
  const User ann = test.add_user("ann");
  ASSERT_TRUE(test.identity.users().change_password(test.scope_of(ann), ann.id, kGoodPassword, password_number(1)));
  const NewApiKey key =
      test.identity.api_keys()
          .create(test.identity.scope_of(test.log_in("ann", password_number(1))->principal, "api-keys:write").value(),
                  {"siem", ann.id, {"events:read"}, {}, std::chrono::hours(24 * 200)})
          .value();
  test.clock.advance(std::chrono::days(90));
  EXPECT_FALSE(test.log_in("ann", password_number(1))->principal.must_change_password);
  test.clock.advance(std::chrono::days(1));
  const LoggedIn late = test.log_in("ann", password_number(1)).value();
  EXPECT_TRUE(late.principal.must_change_password);
  EXPECT_TRUE(test.identity.authenticate(late.token, false)->must_change_password);
  EXPECT_FALSE(test.identity.authenticate_key(key.text, IpAddress::v4(0x7f000001))->must_change_password);
  ASSERT_TRUE(test.identity.change_password(late.principal, password_number(1), password_number(2)));
  EXPECT_FALSE(test.identity.authenticate(late.token, false)->must_change_password);
  test.clock.advance(std::chrono::days(400));
  ASSERT_TRUE(test.identity.password_policies().set(test.tenants.scope(), "*", "nist-63b-4", {}));
  EXPECT_FALSE(test.log_in("ann", password_number(2))->principal.must_change_password);
}

TEST(PasswordPolicy, LocksAsTheTenantSays) {
  TestIdentity test;
  test.add_user("ann");
  const TenantScope scope = test.tenants.scope();
  ASSERT_TRUE(
      test.identity.password_policies().set(scope, "*", "pci-4.0.1+seed", {{"lock_after", 3}, {"lock_s", 7200}}));
  Users& users = test.identity.users();
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(users.check(scope, "ann", "wrong")->is_locked);
  EXPECT_TRUE(users.check(scope, "ann", kGoodPassword)->is_locked);
  test.clock.advance(std::chrono::minutes(119));
  EXPECT_TRUE(users.check(scope, "ann", kGoodPassword)->is_locked);
  test.clock.advance(std::chrono::minutes(1));
  EXPECT_TRUE(users.check(scope, "ann", kGoodPassword)->is_right);
}

TEST(PasswordPolicy, SessionsFollowTheTenantsLimits) {
  TestIdentity test;
  test.add_user("ann");
  const std::string early = test.log_in("ann")->token;
  ASSERT_TRUE(test.identity.password_policies().set(test.tenants.scope(), "*", "pci-4.0.1+seed",
                                                    {{"idle_s", 60}, {"session_s", 300}, {"max_sessions", 2}}));
  test.clock.advance(std::chrono::seconds(59));
  EXPECT_TRUE(test.identity.authenticate(early, false));
  const std::string second = test.log_in("ann")->token;
  EXPECT_EQ(test.audited()[0], "session.login success");
  test.clock.advance(std::chrono::seconds(1));
  const std::string third = test.log_in("ann", kGoodPassword, true)->token;
  EXPECT_FALSE(test.identity.authenticate(early, false));  // had to make room
  EXPECT_TRUE(test.identity.authenticate(second, false));
  EXPECT_EQ(test.audited()[1], "session.end success");
  test.clock.advance(std::chrono::seconds(60));
  EXPECT_FALSE(test.identity.authenticate(second, false));
  EXPECT_TRUE(test.identity.authenticate(third, true));
  test.clock.advance(std::chrono::seconds(240));
  EXPECT_FALSE(test.identity.authenticate(third, true));
}

TEST(PasswordPolicy, ShorterSessionsHoldForThoseThatAreThere) {
  TestIdentity test;
  test.add_user("ann");
  const std::string early = test.log_in("ann", kGoodPassword, true)->token;
  ASSERT_TRUE(test.identity.password_policies().set(test.tenants.scope(), "*", "seed-2018", {{"session_s", 300}}));
  test.clock.advance(std::chrono::seconds(299));
  EXPECT_TRUE(test.identity.authenticate(early, true));
  test.clock.advance(std::chrono::seconds(1));
  EXPECT_FALSE(test.identity.authenticate(early, true));
}

TEST(PasswordPolicy, ARemovedUserLeavesNoPasswordsBehind) {
  TestIdentity test;
  test.add_user("ann");
  const User bob = test.add_user("bob");
  ASSERT_TRUE(test.identity.users().change_password(test.scope_of(bob), bob.id, kGoodPassword, password_number(1)));
  ASSERT_TRUE(test.identity.users().remove(test.tenants.scope(), bob.id, "*"));
  auto db = test.tenants->config(test.tenants.scope()).acquire().value();
  const StmtHandle statement = db->prepare("SELECT COUNT(*) FROM password_history").value();
  EXPECT_EQ(statement->step().value()->integer(0), 0);
}

}  // namespace
}  // namespace warder::manager
