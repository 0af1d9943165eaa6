// One-time links, passwords that others may know, and sessions as their owner sees them.
#include <gtest/gtest.h>

#include <future>

#include "base/file.h"
#include "manager/identity/testing.h"

namespace warder::manager {
namespace {

using testing::kGoodPassword;
using testing::TestIdentity;

const IpAddress kPeer = IpAddress::v4(0xc0000205);  // 192.0.2.5
constexpr const char* kNew = "Qzk-Wvrm-Pxlbd-101";

TEST(ResetLink, ChoosesAPasswordOnce) {
  TestIdentity test;
  const User ann = test.add_user("ann");
  const std::string session = test.log_in("ann")->token;
  for (int i = 0; i < 10; ++i) static_cast<void>(test.identity.users().check(test.tenants.scope(), "ann", "wrong"));
  const ResetLink link = test.identity.users().make_reset_link(test.tenants.scope(), ann.id).value();
  ASSERT_TRUE(test.identity.redeem_reset_link(link.token, kNew, kPeer));
  EXPECT_FALSE(test.identity.authenticate(session, false));
  const LoggedIn now = test.log_in("ann", kNew).value();  // the lock is gone, too
  EXPECT_FALSE(now.principal.must_change_password);
  EXPECT_FALSE(test.log_in("ann"));
  EXPECT_EQ(test.identity.redeem_reset_link(link.token, "Qzk-Wvrm-Pxlbd-102", kPeer).error().code, ErrorCode::Invalid);
}

TEST(ResetLink, SaysTheSameWhateverIsWrongWithIt) {
  TestIdentity test;
  test.add_user("root");
  const User ann = test.add_user("ann");
  const User bob = test.add_user("bob");
  Users& users = test.identity.users();
  const TenantScope scope = test.tenants.scope();
  const ResetLink replaced = users.make_reset_link(scope, ann.id).value();
  const ResetLink late = users.make_reset_link(scope, ann.id).value();
  const ResetLink of_bob = users.make_reset_link(scope, bob.id).value();
  UserChange disabled;
  disabled.disabled = true;
  ASSERT_TRUE(users.update(scope, bob.id, "*", disabled));
  const std::string secret = late.token.substr(late.token.find('.'));
  const Error refused = test.identity.redeem_reset_link(replaced.token, kNew, kPeer).error();
  EXPECT_TRUE(refused.message.starts_with("/token: "));
  test.clock.advance(std::chrono::hours(24));
  for (const std::string& token : {late.token, of_bob.token, std::string(), std::string("."), secret,
                                   "0190a0a0-0000-7000-8000-000000000001" + secret}) {
    EXPECT_EQ(test.identity.redeem_reset_link(token, kNew, kPeer).error(), refused) << token;
  }
}

TEST(ResetLink, StaysWhenThePasswordBreaksARule) {
  TestIdentity test;
  const User ann = test.add_user("ann");
  const ResetLink link = test.identity.users().make_reset_link(test.tenants.scope(), ann.id).value();
  EXPECT_TRUE(test.identity.redeem_reset_link(link.token, "short", kPeer).error().message.starts_with("/new: "));
  EXPECT_EQ(test.identity.redeem_reset_link(link.token, kGoodPassword, kPeer).error().message,
            "/new: the same as before");
  EXPECT_TRUE(test.identity.redeem_reset_link(link.token, kNew, kPeer));
}

TEST(ResetLink, IsNotForOneselfNorForSomebodyStronger) {
  TestIdentity test;
  const User root = test.add_user("root");
  Rights all_but_keys = rights_of(*find_built_in_role(kFullAccess));
  all_but_keys.erase("api-keys:write");
  ASSERT_TRUE(test.identity.roles().create(test.tenants.scope(), {"users-admin", "", all_but_keys}));
  const User admin = test.add_user("admin", "users-admin");
  const User eve = test.add_user("eve", "auditor");
  Users& users = test.identity.users();
  const TenantScope scope = test.identity.scope_of(test.log_in("admin").value().principal, "users:write").value();
  for (const User& user : {root, admin}) {
    EXPECT_EQ(users.make_reset_link(scope, user.id).error().code, ErrorCode::Forbidden);
    EXPECT_EQ(users.mark_compromised(scope, user.id).error().code, ErrorCode::Forbidden);
  }
  EXPECT_TRUE(users.make_reset_link(scope, eve.id));
}

TEST(ResetLink, IsNotStored) {
  TestIdentity test;
  const User ann = test.add_user("ann");
  const ResetLink link = test.identity.users().make_reset_link(test.tenants.scope(), ann.id).value();
  const std::string secret = link.token.substr(link.token.find('.') + 1);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(test.tenants.directory())) {
    if (!entry.is_regular_file()) continue;
    EXPECT_EQ(read_file(entry.path(), 64 << 20).value().find(secret), std::string::npos) << entry.path();
  }
}

TEST(Compromised, EndsSessionsAndThePasswordAtOnce) {
  TestIdentity test;
  test.add_user("root");
  const User ann = test.add_user("ann");
  const LoggedIn browser = test.log_in("ann").value();
  const LoggedIn program = test.log_in("ann", kGoodPassword, true).value();
  ASSERT_TRUE(test.identity.is_in_force(browser.principal));
  const ResetLink link = test.identity.mark_compromised(test.tenants.scope(), ann.id).value();
  EXPECT_FALSE(test.identity.authenticate(browser.token, false));
  EXPECT_FALSE(test.identity.authenticate(program.token, true));
  EXPECT_FALSE(test.identity.is_in_force(browser.principal));
  EXPECT_EQ(test.log_in("ann").error(), test.log_in("nobody").error());
  EXPECT_EQ(test.audited()[4], "user.compromised success");
  EXPECT_EQ(test.audited()[3], "session.end success");
  EXPECT_EQ(test.audited()[2], "session.end success");
  EXPECT_EQ(test.identity.redeem_reset_link(link.token, kGoodPassword, kPeer).error().message,
            "/new: one of the last 4 passwords");
  ASSERT_TRUE(test.identity.redeem_reset_link(link.token, kNew, kPeer));
  EXPECT_TRUE(test.log_in("ann", kNew));
}

TEST(Sessions, AreListedAndEndedByTheirOwner) {
  TestIdentity test;
  test.add_user("ann");
  test.add_user("bob");
  const LoggedIn first = test.log_in("ann").value();
  test.clock.advance(std::chrono::minutes(1));
  const LoggedIn second = test.log_in("ann", kGoodPassword, true).value();
  const LoggedIn other = test.log_in("bob").value();
  const auto sessions = test.identity.sessions_of(second.principal).value();
  ASSERT_EQ(sessions.size(), 2U);
  EXPECT_EQ(sessions[0].id, second.principal.session);
  EXPECT_TRUE(sessions[0].is_bearer);
  EXPECT_EQ(sessions[1].address, "127.0.0.1");
  EXPECT_EQ(test.identity.end_session(other.principal, first.principal.session).error().code, ErrorCode::NotFound);
  ASSERT_TRUE(test.identity.end_session(second.principal, first.principal.session));
  EXPECT_FALSE(test.identity.authenticate(first.token, false));
  EXPECT_EQ(test.identity.sessions_of(second.principal)->size(), 1U);
}

TEST(Sessions, SayWhenAndFromWhereTheLoginBeforeWas) {
  TestIdentity test;
  test.add_user("ann");
  EXPECT_FALSE(test.identity.previous_login(test.log_in("ann")->principal)->time);
  const Timestamp before = test.clock.now();
  test.clock.advance(std::chrono::hours(1));
  const auto second = test.identity.log_in({"ann", kGoodPassword, false, kPeer}).value();
  EXPECT_EQ(test.identity.previous_login(second.principal)->time, before);
  EXPECT_EQ(test.identity.previous_login(second.principal)->address, "127.0.0.1");
  test.clock.advance(std::chrono::hours(1));
  EXPECT_EQ(test.identity.previous_login(test.log_in("ann")->principal)->address, "192.0.2.5");
}

TEST(Passwords, AreHashedAFewAtATimeAndTheOthersAreToldSo) {
  Passwords none(0, std::chrono::hours(1), {64, 1, 1}, 0);  // without a place to wait it does not wait
  EXPECT_EQ(none.is_match("a", "", "").error().code, ErrorCode::Unavailable);
  EXPECT_EQ(none.hash("a", "").error().code, ErrorCode::Unavailable);
  Passwords one(1, std::chrono::hours(1), {64, 1, 1}, 1000);
  std::vector<std::future<bool>> waiting;
  for (int i = 0; i < 20; ++i)
    waiting.push_back(std::async(std::launch::async, [&] { return one.hash("a", "").has_value(); }));
  for (auto& each : waiting) EXPECT_TRUE(each.get());
}

}  // namespace
}  // namespace warder::manager
