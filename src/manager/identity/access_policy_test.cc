#include "manager/identity/access_policy.h"

#include <gtest/gtest.h>

#include "manager/identity/testing.h"

namespace warder::manager {
namespace {

using testing::kGoodPassword;
using testing::TestIdentity;

IpAddress address(const char* text) {
  return parse_ip(text).value();
}

AccessRule rule_for(std::vector<std::string> roles, std::vector<const char*> networks, Proofs proofs = {}) {
  AccessRule rule{std::move(roles), {}, std::move(proofs)};
  for (const char* network : networks) rule.networks.push_back(parse_prefix(network).value());
  return rule;
}

TEST(AccessPolicy, DecidesByRoleNetworkAndProof) {
  const AccessRule office = rule_for({"full-access"}, {"10.0.0.0/8", "2001:db8::/32"});
  const AccessRule strong = rule_for({"operator"}, {}, {"passkey", "provider"});
  const AccessRule everybody = rule_for({}, {}, {"totp", "passkey", "provider"});
  struct Case {
    const char* name;
    AccessRule rule;
    AccessFacts facts;
    bool is_outside;
    bool lacks;
  };
  const Case cases[] = {
      {"inside", office, {{"full-access"}, "password", address("10.1.2.3")}, false, false},
      {"inside, IPv6", office, {{"full-access"}, "password", address("2001:db8::1")}, false, false},
      {"outside", office, {{"full-access"}, "password", address("11.0.0.1")}, true, false},
      {"from nowhere", office, {{"full-access"}, "password", std::nullopt}, true, false},
      {"another role", office, {{"auditor"}, "password", address("11.0.0.1")}, false, false},
      {"one role among others", office, {{"auditor", "full-access"}, "password", address("11.0.0.1")}, true, false},
      {"a key from outside", office, {{"full-access"}, "", address("11.0.0.1"), false}, true, false},
      {"a key has no proofs", strong, {{"operator"}, "", address("11.0.0.1"), false}, false, false},
      {"a password alone", strong, {{"operator"}, "password", address("11.0.0.1")}, false, true},
      {"a code", strong, {{"operator"}, "password+totp", address("11.0.0.1")}, false, true},
      {"a recovery code", strong, {{"operator"}, "password+recovery-code", address("11.0.0.1")}, false, true},
      {"a passkey alone", strong, {{"operator"}, "passkey", address("11.0.0.1")}, false, false},
      {"a passkey behind the password", strong, {{"operator"}, "password+passkey", address("11.0.0.1")}, false, false},
      {"no method", strong, {{"operator"}, "", address("11.0.0.1")}, false, true},
      {"everybody", everybody, {{}, "password", address("11.0.0.1")}, false, true},
      {"everybody, by the provider", everybody, {{}, "oidc+mfa", address("11.0.0.1")}, false, false},
      {"a recovery code for codes", everybody, {{}, "password+recovery-code", address("11.0.0.1")}, false, false},
      {"a method that looks alike", strong, {{"operator"}, "nopasskey", address("11.0.0.1")}, false, true},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const AccessDecision decision = decide({{c.rule}, 1}, c.facts);
    EXPECT_EQ(decision.is_outside, c.is_outside);
    EXPECT_EQ(decision.lacking.has_value(), c.lacks);
    EXPECT_TRUE(decide({}, c.facts).is_admitted());
  }
  const AccessDecision both =
      decide({{office, strong}, 1}, {{"full-access", "operator"}, "password", address("11.0.0.1")});
  EXPECT_TRUE(both.is_outside);
  EXPECT_EQ(both.lacking, "passkey or provider");
}

TEST(AccessPolicy, HoldsAtLoginAndForRunningSessions) {
  TestIdentity test;
  test.add_user("root");
  test.add_user("eve", "auditor");
  const LoggedIn before = test.log_in("root").value();
  const IpAddress home = address("127.0.0.1");
  const IpAddress away = address("192.0.2.1");
  Identity& identity = test.identity;
  ASSERT_TRUE(identity.authenticate(before.token, false, {away}));
  ASSERT_TRUE(
      identity.access_policies().set(test.tenants.scope(), "*", {{rule_for({"full-access"}, {"127.0.0.0/8"})}}));
  EXPECT_TRUE(identity.authenticate(before.token, false, {home}));
  EXPECT_EQ(identity.authenticate(before.token, false, {away}).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(identity.authenticate(before.token, false).error().code, ErrorCode::Forbidden) << "an unknown address";
  EXPECT_EQ(test.audited()[0], "access.denied denied");
  EXPECT_EQ(identity.log_in({"root", kGoodPassword, false, away}).error(), test.log_in("nobody").error());
  EXPECT_TRUE(test.log_in("root"));
  EXPECT_TRUE(identity.log_in({"eve", kGoodPassword, false, away}));
}

TEST(AccessPolicy, ALackingProofLeavesASessionThatCanOnlyBringIt) {
  TestIdentity test;
  test.add_user("root");
  const IpAddress home = address("127.0.0.1");
  ASSERT_TRUE(test.identity.access_policies().set(test.tenants.scope(), "*", {{rule_for({}, {}, {"passkey"})}}));
  const LoggedIn session = test.log_in("root").value();
  EXPECT_TRUE(session.principal.must_enrol);
  EXPECT_TRUE(test.identity.authenticate(session.token, false, {home})->must_enrol);
}

TEST(AccessPolicy, NobodyLocksThemselvesOut) {
  TestIdentity test;
  const User root = test.add_user("root");
  const LoggedIn session = test.log_in("root").value();
  const Principal me = test.identity.authenticate(session.token, false, {address("127.0.0.1")}).value();
  const TenantScope scope = test.identity.scope_of(me, "users:write").value();
  const auto set = [&](std::vector<AccessRule> rules) {
    return test.identity.set_access_policy(scope, me, "*", {std::move(rules)});
  };
  EXPECT_EQ(set({rule_for({"full-access"}, {"10.0.0.0/8"})}).error().code, ErrorCode::Conflict);
  EXPECT_EQ(test.audited()[0], "access-policy.set denied");
  EXPECT_EQ(set({rule_for({}, {}, {"passkey"})}).error().code, ErrorCode::Conflict);
  EXPECT_FALSE(set({rule_for({"no-such-role"}, {"127.0.0.0/8"})}));
  EXPECT_TRUE(test.identity.access_policies().find(scope)->rules.empty());
  ASSERT_TRUE(set({rule_for({"full-access"}, {"127.0.0.0/8"}), rule_for({"auditor"}, {"10.0.0.0/8"}, {"passkey"})}));
  const AccessPolicy stored = test.identity.access_policies().find(scope).value();
  EXPECT_EQ(stored.version, 1);
  EXPECT_EQ(boost::json::serialize(to_json(stored.rules)),
            R"([{"roles":["full-access"],"networks":["127.0.0.0/8"],"proofs":[]},)"
            R"({"roles":["auditor"],"networks":["10.0.0.0/8"],"proofs":["passkey"]}])");
  EXPECT_EQ(test.identity.set_access_policy(scope, me, "\"0\"", {}).error().code, ErrorCode::Stale);
}

TEST(AccessPolicy, ApiKeysComeFromTheirUsersNetworks) {
  TestIdentity test;
  const User root = test.add_user("root");
  const NewApiKey key =
      test.identity.api_keys().create(test.tenants.scope(), {"ci", root.id, {"agents:read"}, {}}).value();
  const IpAddress away = address("192.0.2.1");
  ASSERT_TRUE(test.identity.authenticate_key(key.text, away));
  ASSERT_TRUE(test.identity.access_policies().set(test.tenants.scope(), "*",
                                                  {{rule_for({"full-access"}, {"127.0.0.0/8"}, {"passkey"})}}));
  EXPECT_FALSE(test.identity.authenticate_key(key.text, away));
  EXPECT_TRUE(test.identity.authenticate_key(key.text, address("127.0.0.1")));
}

}  // namespace
}  // namespace warder::manager
