#include "manager/identity/passkeys.h"

#include <gtest/gtest.h>

#include <future>

#include "manager/identity/testing.h"
#include "manager/webauthn/testing.h"

namespace warder::manager {
namespace {

using testing::kGoodPassword;
using testing::TestAuthenticator;
using testing::TestIdentity;

const IpAddress kPeer = IpAddress::v4(0x7f000001);

/// Somebody with a passkey, logged in.
struct Owner {
  explicit Owner(TestIdentity& in, const std::string& name = "ann") : test(in), user(in.add_user(name)) {
    session = test.log_in(name).value();
    added = add(authenticator, session.principal).value();
  }
  Result<AddedPasskey> add(TestAuthenticator& with, const Principal& principal,
                           const OwnProof& proof = {kGoodPassword}) {
    const PasskeyCreation creation = WD_TRY(test.identity.begin_passkey(principal, proof));
    with.user_handle = creation.user_handle;
    return test.identity.add_passkey(principal, "Key", with.create(creation.request.challenge));
  }
  Result<LoggedIn> log_in_alone() {
    return test.identity.log_in_with_passkey(authenticator.get(test.identity.begin_passkey_login()->challenge), kPeer);
  }
  /// With a password and, where there is one, the answer of an authenticator.
  Result<LoggedIn> log_in_with(const std::optional<AssertionAnswer>& answer) {
    LoginRequest request{user.username, kGoodPassword, false, kPeer};
    request.passkey = answer;
    return test.identity.log_in(request);
  }
  AssertionAnswer own_proof() {
    return authenticator.get(test.identity.request_own_passkey(session.principal)->challenge);
  }

  TestIdentity& test;
  User user;
  TestAuthenticator authenticator{};
  LoggedIn session{};
  AddedPasskey added{};
};

std::string method_of(TestIdentity& test, const LoggedIn& session) {
  const auto sessions = test.identity.sessions_of(session.principal).value();
  for (const SessionRecord& record : sessions)
    if (record.id == session.principal.session) return record.method;
  return "none";
}

TEST(Passkeys, LogInAloneWithoutAName) {
  TestIdentity test;
  Owner ann(test);
  EXPECT_EQ(ann.added.recovery_codes.size(), 10U);
  const auto session = ann.log_in_alone();
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ(session->principal.username, "ann");
  EXPECT_EQ(method_of(test, *session), "passkey");
  EXPECT_TRUE(test.identity.authenticate(session->token, false));
  EXPECT_EQ(test.audited()[0], "session.login success");
}

TEST(Passkeys, AreASecondFactorAfterThePassword) {
  TestIdentity test;
  Owner ann(test);
  const LoggedIn asked = ann.log_in_with(std::nullopt).value();
  EXPECT_TRUE(asked.needs_code);
  EXPECT_TRUE(asked.token.empty());
  ASSERT_TRUE(asked.passkey);
  EXPECT_EQ(asked.passkey->credentials, std::vector<Bytes>{ann.authenticator.id});
  const AssertionAnswer answer = ann.authenticator.get(asked.passkey->challenge);
  const auto session = ann.log_in_with(answer);
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ(method_of(test, *session), "password+passkey");
  EXPECT_EQ(ann.log_in_with(answer).error(), test.log_in("nobody").error()) << "a replay";
  EXPECT_TRUE(test.identity.log_in({"ann", kGoodPassword, false, kPeer, ann.added.recovery_codes[0]}));
}

TEST(Passkeys, AChallengeIsGoodForOneProofWithoutACounterToo) {
  TestIdentity test;
  const User user = test.add_user("ann");
  const Principal me = test.log_in("ann")->principal;
  TestAuthenticator authenticator;
  authenticator.counts = false;
  authenticator.counter = 0;
  const PasskeyCreation creation = test.identity.begin_passkey(me, {kGoodPassword}).value();
  authenticator.user_handle = creation.user_handle;
  ASSERT_TRUE(test.identity.add_passkey(me, "Key", authenticator.create(creation.request.challenge)));
  const AssertionAnswer answer = authenticator.get(test.identity.begin_passkey_login()->challenge);
  EXPECT_TRUE(test.identity.log_in_with_passkey(answer, kPeer));
  EXPECT_FALSE(test.identity.log_in_with_passkey(answer, kPeer)) << "a replay";
}

TEST(Passkeys, AChallengeIsOfOnePurposeOneOwnerAndOneTime) {
  TestIdentity test;
  Owner ann(test);
  Owner bob(test, "bob");
  Identity& identity = test.identity;
  const auto challenge_of_second = [&](Owner& owner) { return owner.log_in_with(std::nullopt)->passkey->challenge; };
  // Of another purpose.
  AssertionAnswer answer = ann.authenticator.get(challenge_of_second(ann));
  EXPECT_FALSE(identity.log_in_with_passkey(answer, kPeer));
  EXPECT_FALSE(ann.log_in_with(ann.authenticator.get(identity.begin_passkey_login()->challenge)));
  EXPECT_FALSE(identity.log_in_with_passkey(ann.own_proof(), kPeer));
  // Of another user, and of another's passkey.
  EXPECT_FALSE(ann.log_in_with(ann.authenticator.get(challenge_of_second(bob))));
  EXPECT_FALSE(ann.log_in_with(bob.authenticator.get(challenge_of_second(ann))));
  test.clock.advance(std::chrono::minutes(1));
  // Of another session.
  const LoggedIn other = ann.log_in_alone().value();
  const AssertionAnswer of_other = ann.authenticator.get(identity.request_own_passkey(other.principal)->challenge);
  EXPECT_FALSE(identity.renew_recovery_codes(ann.session.principal, {kGoodPassword, {}, &of_other}));
  EXPECT_TRUE(identity.renew_recovery_codes(other.principal, {kGoodPassword, {}, &of_other}));
  test.clock.advance(std::chrono::minutes(1));
  // Twice.
  answer = ann.authenticator.get(identity.begin_passkey_login()->challenge);
  EXPECT_TRUE(identity.log_in_with_passkey(answer, kPeer));
  EXPECT_FALSE(identity.log_in_with_passkey(answer, kPeer));
  // Too late.
  answer = ann.authenticator.get(identity.begin_passkey_login()->challenge);
  test.clock.advance(std::chrono::minutes(5));
  EXPECT_FALSE(identity.log_in_with_passkey(answer, kPeer));
  test.clock.advance(std::chrono::minutes(1));
  // Of nobody's making.
  Bytes made = identity.begin_passkey_login()->challenge;
  made[20] ^= 0x40U;  // a later end
  EXPECT_FALSE(identity.log_in_with_passkey(ann.authenticator.get(made), kPeer));
  EXPECT_FALSE(identity.log_in_with_passkey(ann.authenticator.get(Bytes(56, 0)), kPeer));
  EXPECT_FALSE(identity.log_in_with_passkey(ann.authenticator.get({}), kPeer));
}

TEST(Passkeys, NobodyElsesHandleHelps) {
  TestIdentity test;
  Owner ann(test);
  Owner bob(test, "bob");
  ann.authenticator.user_handle = user_handle_of(test.tenants.scope().tenant(), bob.user.id);
  EXPECT_EQ(ann.log_in_alone().error().code, ErrorCode::Unauthenticated);
  EXPECT_EQ(test.audited()[0], "session.login denied");
  EXPECT_FALSE(ann.log_in_with(ann.authenticator.get(ann.log_in_with(std::nullopt)->passkey->challenge)));
  ann.authenticator.user_handle = {};
  EXPECT_EQ(ann.log_in_alone().error().code, ErrorCode::Unauthenticated);
  ann.authenticator.user_handle = Bytes(32, 1);
  EXPECT_EQ(ann.log_in_alone().error().code, ErrorCode::Unauthenticated);
}

TEST(Passkeys, ALoginAloneNeedsAVerifiedUser) {
  TestIdentity test;
  Owner ann(test);
  ann.authenticator.flags = 0x01;
  EXPECT_FALSE(ann.log_in_alone());
  EXPECT_TRUE(ann.log_in_with(ann.authenticator.get(ann.log_in_with(std::nullopt)->passkey->challenge)))
      << "beside a password it need not";
  TestAuthenticator weak;
  weak.flags = 0x01;
  const auto proof = ann.own_proof();
  EXPECT_FALSE(ann.add(weak, ann.session.principal, {kGoodPassword, {}, &proof})) << "could never log in alone";
}

TEST(Passkeys, ACopyIsRefusedAndWrittenDown) {
  TestIdentity test;
  Owner ann(test);
  ann.authenticator.counter = 50;
  ASSERT_TRUE(ann.log_in_alone());
  ann.authenticator.counter = 49;  // the copy's becomes 50
  EXPECT_FALSE(ann.log_in_alone());
  const AuditPage page = test.audit.list(test.tenants.scope(), {}).value();
  EXPECT_NE(boost::json::serialize(page.items[0].record.detail).find("counter"), std::string::npos);
}

TEST(Passkeys, OfTwoAnswersAtTheSameMomentOneIsTaken) {
  TestIdentity test;
  Owner ann(test);
  const AssertionAnswer answer = ann.authenticator.get(test.identity.begin_passkey_login()->challenge);
  std::vector<std::future<bool>> logins;
  for (int i = 0; i < 4; ++i) {
    logins.push_back(
        std::async(std::launch::async, [&] { return test.identity.log_in_with_passkey(answer, kPeer).has_value(); }));
  }
  int taken = 0;
  for (auto& login : logins) taken += login.get() ? 1 : 0;
  EXPECT_EQ(taken, 1);
}

TEST(Passkeys, AreAddedAndRemovedWithAProof) {
  TestIdentity test;
  Owner ann(test);
  Identity& identity = test.identity;
  const Principal& me = ann.session.principal;
  EXPECT_TRUE(identity.begin_passkey(me, {"wrong"}).error().message.starts_with("/password: "));
  EXPECT_TRUE(identity.begin_passkey(me, {kGoodPassword}).error().message.starts_with("/code: "));
  TestAuthenticator second;
  AssertionAnswer proof = ann.own_proof();
  const auto added = ann.add(second, me, {kGoodPassword, {}, &proof});
  ASSERT_TRUE(added) << added.error().message;
  EXPECT_TRUE(added->recovery_codes.empty());
  EXPECT_EQ(identity.passkeys_of(me)->size(), 2U);
  proof = ann.own_proof();
  EXPECT_EQ(ann.add(second, me, {kGoodPassword, {}, &proof}).error().code, ErrorCode::Conflict);
  EXPECT_EQ(identity.second_factor_of(me)->state.passkeys, 2);
  const PasskeyId first = ann.added.passkey.id;
  EXPECT_FALSE(identity.remove_passkey(me, first, {kGoodPassword}));
  proof = ann.own_proof();
  EXPECT_TRUE(identity.remove_passkey(me, first, {kGoodPassword, {}, &proof}));
  EXPECT_EQ(ann.log_in_alone().error().code, ErrorCode::Unauthenticated);
  AssertionAnswer last = second.get(identity.request_own_passkey(me)->challenge);
  EXPECT_TRUE(identity.remove_passkey(me, added->passkey.id, {kGoodPassword, {}, &last}));
  EXPECT_EQ(identity.second_factor_of(me)->state.recovery_codes, 0);
  EXPECT_FALSE(ann.log_in_with(std::nullopt)->needs_code);
}

TEST(Passkeys, TheLastFactorStaysWhereOneIsDemanded) {
  TestIdentity test;
  Owner ann(test);
  ASSERT_TRUE(test.identity.password_policies().set(test.tenants.scope(), "*", "pci-4.0.1+mfa", {}));
  const Principal me = test.identity.authenticate(ann.session.token, false).value();
  EXPECT_FALSE(me.must_enrol);
  const AssertionAnswer proof = ann.own_proof();
  EXPECT_EQ(test.identity.remove_passkey(me, ann.added.passkey.id, {kGoodPassword, {}, &proof}).error().code,
            ErrorCode::Forbidden);
  const User root = test.add_user("root");
  ASSERT_TRUE(test.identity.reset_second_factor(test.scope_of(root), ann.user.id));
  EXPECT_FALSE(ann.log_in_alone());
  EXPECT_TRUE(ann.log_in_with(std::nullopt)->principal.must_enrol);
}

TEST(Passkeys, ThereAreTenOfAUser) {
  TestIdentity test;
  Owner ann(test);
  for (std::size_t i = 1; i <= kMaxPasskeys; ++i) {
    TestAuthenticator more;
    const AssertionAnswer proof = ann.own_proof();
    const auto added = ann.add(more, ann.session.principal, {kGoodPassword, {}, &proof});
    EXPECT_EQ(added.has_value(), i < kMaxPasskeys) << i;
  }
}

TEST(Passkeys, ADisabledUserStaysOut) {
  TestIdentity test;
  Owner ann(test);
  test.add_user("root");
  UserChange disabled;
  disabled.disabled = true;
  ASSERT_TRUE(test.identity.users().update(test.tenants.scope(), ann.user.id, "*", disabled));
  EXPECT_EQ(ann.log_in_alone().error().code, ErrorCode::Unauthenticated);
  ASSERT_TRUE(test.identity.users().remove(test.tenants.scope(), ann.user.id, "*"));
  EXPECT_EQ(ann.log_in_alone().error().code, ErrorCode::Unauthenticated);
}

}  // namespace
}  // namespace warder::manager
