#include "manager/identity/identity.h"

#include <gtest/gtest.h>

#include "manager/identity/testing.h"

namespace warder::manager {
namespace {

using testing::kGoodPassword;
using testing::TestIdentity;

TEST(Identity, LogsInAndOut) {
  TestIdentity test;
  const User ann = test.add_user("ann", "auditor");
  const LoggedIn session = test.log_in("ann").value();
  const Principal principal = test.identity.authenticate(session.token, false).value();
  EXPECT_EQ(principal.user, ann.id);
  EXPECT_TRUE(principal.may("events:read"));
  EXPECT_FALSE(principal.may("policies:write"));
  EXPECT_TRUE(principal.must_change_password);
  EXPECT_FALSE(principal.csrf_token.empty());
  ASSERT_TRUE(test.identity.log_out(principal));
  EXPECT_EQ(test.identity.authenticate(session.token, false).error().code, ErrorCode::Unauthenticated);
  EXPECT_EQ(test.audited(),
            (std::vector<std::string>{"session.end success", "session.login success", "user.create success"}));
}

TEST(Identity, SaysTheSameWhateverIsWrong) {
  TestIdentity test;
  test.add_user("ann");
  const User bob = test.add_user("bob");
  UserChange disabled;
  disabled.disabled = true;
  ASSERT_TRUE(test.identity.users().update(test.tenants.scope(), bob.id, "*", disabled));
  const Error wrong_password = test.log_in("ann", "wrong").error();
  EXPECT_EQ(wrong_password.code, ErrorCode::Unauthenticated);
  EXPECT_EQ(test.log_in("nobody").error(), wrong_password);
  EXPECT_EQ(test.log_in("bob").error(), wrong_password);
  EXPECT_EQ(test.log_in("other-tenant/ann").error(), wrong_password);
  EXPECT_EQ(test.audited()[0], "session.login denied");
}

TEST(Identity, TokensAreOfOneKind) {
  TestIdentity test;
  test.add_user("ann");
  const std::string cookie = test.log_in("ann")->token;
  const std::string bearer = test.log_in("ann", kGoodPassword, true)->token;
  EXPECT_TRUE(bearer.starts_with("wdk_"));
  EXPECT_TRUE(test.identity.authenticate(bearer, true));
  EXPECT_FALSE(test.identity.authenticate(bearer, false));
  EXPECT_FALSE(test.identity.authenticate(cookie, true));
  EXPECT_FALSE(test.identity.authenticate("", false));
  EXPECT_FALSE(test.identity.authenticate(cookie + "x", false));
}

TEST(Identity, SessionsEndWhenIdleAndInAnyCase) {
  TestIdentity test;
  test.add_user("ann");
  const std::string cookie = test.log_in("ann")->token;
  const std::string bearer = test.log_in("ann", kGoodPassword, true)->token;
  for (int i = 0; i < 5; ++i) {
    test.clock.advance(std::chrono::minutes(14));
    EXPECT_TRUE(test.identity.authenticate(cookie, false)) << i;
  }
  test.clock.advance(std::chrono::minutes(16));
  EXPECT_FALSE(test.identity.authenticate(cookie, false));
  EXPECT_TRUE(test.identity.authenticate(bearer, true));
  test.clock.advance(std::chrono::hours(12));
  EXPECT_FALSE(test.identity.authenticate(bearer, true));
}

TEST(Identity, ANewPasswordEndsTheOtherSessions) {
  TestIdentity test;
  test.add_user("ann");
  const std::string other = test.log_in("ann")->token;
  const LoggedIn mine = test.log_in("ann").value();
  ASSERT_TRUE(test.identity.change_password(mine.principal, kGoodPassword, "Another-Horse-8"));
  EXPECT_FALSE(test.identity.authenticate(other, false));
  EXPECT_FALSE(test.identity.authenticate(mine.token, false)->must_change_password);
}

TEST(Identity, ADisabledUserIsOutAtOnce) {
  TestIdentity test;
  test.add_user("ann");
  const User bob = test.add_user("bob");
  const std::string token = test.log_in("bob")->token;
  UserChange disabled;
  disabled.disabled = true;
  ASSERT_TRUE(test.identity.users().update(test.tenants.scope(), bob.id, "*", disabled));
  EXPECT_EQ(test.identity.authenticate(token, false).error().code, ErrorCode::Unauthenticated);
  ASSERT_TRUE(test.identity.users().remove(test.tenants.scope(), bob.id, "*"));
  EXPECT_EQ(test.identity.authenticate(token, false).error().code, ErrorCode::Unauthenticated);
}

TEST(Identity, LimitsAttemptsByPeerAndByName) {
  TestIdentity test;
  test.add_user("ann");
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(test.log_in("x" + std::to_string(i), "w").error().code, ErrorCode::Unauthenticated);
  EXPECT_EQ(test.log_in("ann").error().code, ErrorCode::TooMany);
  test.clock.advance(std::chrono::minutes(1));
  EXPECT_TRUE(test.log_in("ann"));
  for (std::uint32_t i = 0; i < 9; ++i) {
    EXPECT_NE(test.identity.log_in({"ann", "w", false, IpAddress::v4(i)}).error().code, ErrorCode::TooMany);
  }
  EXPECT_EQ(test.identity.log_in({"ann", "w", false, IpAddress::v4(99)}).error().code, ErrorCode::TooMany);
}

TEST(LoginLimiter, KeepsItsMemoryBounded) {
  warder::testing::ManualClock clock;
  LoginLimits limits;
  limits.max_buckets = 10;
  LoginLimiter limiter(clock, limits);
  for (std::uint32_t i = 0; i < 1000; ++i) EXPECT_TRUE(limiter.take(IpAddress::v4(i), std::to_string(i)));
}

TEST(Identity, NamesAnAgentByItsCertificate) {
  TestIdentity test;
  const std::string tenant = test.tenants.scope().tenant().text();
  const std::string agent = "0190a0a0-0000-7000-8000-000000000001";
  crypto::PeerCertificate certificate;
  certificate.uris = {"warder://tenant/" + tenant + "/agent/" + agent};
  EXPECT_EQ(test.identity.scope_for_agent(certificate)->actor(), "agent:" + agent);
  const std::vector<std::vector<std::string>> bad = {
      {},
      {"warder://tenant/" + tenant + "/agent/" + agent, "warder://tenant/" + tenant + "/agent/" + agent},
      {"warder://tenant/" + tenant + "/user/" + agent},
      {"warder://tenant/" + tenant + "/agent/" + agent + "/more"},
      {"warder://tenant/x/agent/" + agent},
      {"https://tenant/" + tenant + "/agent/" + agent},
      {"warder://tenant/" + agent + "/agent/" + agent},  // no such tenant
  };
  for (const auto& uris : bad) {
    certificate.uris = uris;
    EXPECT_FALSE(test.identity.scope_for_agent(certificate));
  }
}

TEST(Passwords, OfOneTimeSatisfyTheRules) {
  const PasswordRules rules = find_password_profile(kDefaultProfile)->rules;
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(broken_rules(rules, make_password(), {}, {}).empty());
  EXPECT_NE(make_password(), make_password());
}

TEST(Passwords, CountTheSameHoweverTheyWereTyped) {
  TestIdentity test;
  test.add_user("ann");
  EXPECT_TRUE(test.log_in("ann", "Ｃｏｒｒｅｃｔ－Ｈｏｒｓｅ－７"));
  EXPECT_FALSE(test.log_in("ann", "correct-horse-7"));
}

TEST(ScopeFor, IsWhatTheUserCouldHaveByLoggingIn) {
  TestIdentity test;
  const User ann = test.add_user("ann", std::string(kInfoSec));
  const TenantScope job = test.tenants.scope("job:reports");
  const auto has = test.identity.scope_for(job, ann.id, "events:read");
  ASSERT_TRUE(has) << has.error().message;
  EXPECT_EQ(has->scope.actor(), "user:" + ann.id.text());
  EXPECT_TRUE(has->scope.is_whole());
  EXPECT_NE(has->scope.grants(), nullptr) << "not the manager's own";
  EXPECT_EQ(test.identity.scope_for(job, ann.id, "users:write").error().code, ErrorCode::Forbidden);
  UserChange change;
  change.disabled = true;
  ASSERT_TRUE(test.identity.users().update(job, ann.id, "*", change));
  EXPECT_EQ(test.identity.scope_for(job, ann.id, "events:read").error().code, ErrorCode::Forbidden);
  ASSERT_TRUE(test.identity.users().remove(job, ann.id, "*"));
  EXPECT_EQ(test.identity.scope_for(job, ann.id, "events:read").error().code, ErrorCode::NotFound);
}

TEST(Authority, IsMadeOnceAndKept) {
  TestIdentity test;
  const Authority first = Authority::open(*test.tenants, test.clock.now()).value();
  test.tenants.reopen();
  const Authority second = Authority::open(*test.tenants, test.clock.now()).value();
  EXPECT_EQ(first.certificate_authority().fingerprint(), second.certificate_authority().fingerprint());
  EXPECT_EQ(first.ticket_key(), second.ticket_key());
  EXPECT_EQ(first.ticket_key().size(), 80U);
  const ServerIdentity server = second.issue_server({"manager.example", "192.0.2.1"}, test.clock.now()).value();
  EXPECT_GT(server.not_after, test.clock.now() + std::chrono::hours(24 * 80));
}

}  // namespace
}  // namespace warder::manager
