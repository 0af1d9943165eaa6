#include "manager/identity/second_factors.h"

#include <gtest/gtest.h>

#include <future>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "crypto/totp.h"
#include "manager/identity/testing.h"

namespace warder::manager {
namespace {

using testing::from_base32;
using testing::kGoodPassword;
using testing::TestIdentity;

constexpr const char* kNew = "Qzk-Wvrm-Pxlbd-101";

/// Somebody with an app and recovery codes, logged in. The code of the moment is used up.
struct Enrolled {
  explicit Enrolled(TestIdentity& in, const std::string& name = "ann") : test(in), user(in.add_user(name)) {
    session = test.log_in(name).value();
    secret = from_base32(test.identity.begin_second_factor(session.principal, {kGoodPassword})->secret);
    recovery = test.identity.confirm_second_factor(session.principal, code()).value();
  }
  [[nodiscard]] std::string code(std::int64_t steps = 0) const {
    return crypto::hotp(secret, static_cast<std::uint64_t>(crypto::totp_step(test.clock.now()) + steps));
  }
  Result<LoggedIn> log_in(const std::string& with, const std::string& password = kGoodPassword) const {
    return test.identity.log_in({user.username, password, false, IpAddress::v4(0x7f000001), with});
  }

  TestIdentity& test;
  User user;
  LoggedIn session;
  Bytes secret;
  std::vector<std::string> recovery;
};

TEST(SecondFactor, IsAskedForAfterThePassword) {
  TestIdentity test;
  const Enrolled ann(test);
  test.clock.advance(std::chrono::seconds(30));
  const LoggedIn first = ann.log_in({}).value();
  EXPECT_TRUE(first.needs_code);
  EXPECT_TRUE(first.token.empty());
  const LoggedIn second = ann.log_in(ann.code()).value();
  EXPECT_FALSE(second.needs_code);
  EXPECT_TRUE(test.identity.authenticate(second.token, false));
  EXPECT_EQ(ann.log_in({}, "wrong").error(), test.log_in("nobody").error());
}

TEST(SecondFactor, ACodeIsRightOnce) {
  TestIdentity test;
  const Enrolled ann(test);
  EXPECT_FALSE(ann.log_in(ann.code())) << "it was used to confirm";
  test.clock.advance(std::chrono::seconds(30));
  const std::string code = ann.code();
  EXPECT_TRUE(ann.log_in(code));
  EXPECT_FALSE(ann.log_in(code));
  EXPECT_FALSE(ann.log_in(ann.code(-1))) << "before one that was used";
  EXPECT_TRUE(ann.log_in(ann.code(1)));
}

TEST(SecondFactor, AWrongCodeIsRefusedLikeEverythingElse) {
  TestIdentity test;
  const Enrolled ann(test);
  test.clock.advance(std::chrono::minutes(5));
  const Error refused = ann.log_in({}, "wrong").error();
  for (const std::string& wrong : {ann.code(-2), ann.code(2), std::string("12345"), std::string("ABCD-EFGH-IJKL-MNOP")})
    EXPECT_EQ(ann.log_in(wrong).error(), refused) << wrong;
  EXPECT_EQ(test.audited()[0], "session.login denied");
}

TEST(SecondFactor, GuessingCodesLocksTheAccount) {
  TestIdentity test;
  const Enrolled ann(test);
  ASSERT_TRUE(test.identity.password_policies().set(test.tenants.scope(), "*", "pci-4.0.1+seed", {{"lock_after", 3}}));
  test.clock.advance(std::chrono::minutes(5));
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(ann.log_in({})->needs_code);  // the right password in between does not begin the count anew
    EXPECT_FALSE(ann.log_in("000000"));
    test.clock.advance(std::chrono::minutes(1));
  }
  EXPECT_FALSE(ann.log_in(ann.code()));
  test.clock.advance(std::chrono::minutes(31));
  EXPECT_TRUE(ann.log_in(ann.code()));
}

TEST(SecondFactor, RecoveryCodesAreRightOnceEach) {
  TestIdentity test;
  const Enrolled ann(test);
  EXPECT_EQ(std::set(ann.recovery.begin(), ann.recovery.end()).size(), 10U);
  EXPECT_TRUE(ann.log_in(ann.recovery[3]));
  EXPECT_FALSE(ann.log_in(ann.recovery[3]));
  std::string typed = ann.recovery[4];
  std::erase(typed, '-');
  EXPECT_TRUE(ann.log_in(to_lower_ascii(typed)));
  EXPECT_EQ(test.identity.second_factor_of(ann.session.principal)->state.recovery_codes, 8);
  const Enrolled bob(test, "bob");
  EXPECT_FALSE(ann.log_in(bob.recovery[0])) << "somebody else's";
}

TEST(SecondFactor, OfTwoAtTheSameMomentOneIsRight) {
  TestIdentity test;
  const Enrolled ann(test);
  test.clock.advance(std::chrono::seconds(30));
  SecondFactors factors(*test.tenants, test.audit, test.clock);
  for (const std::string& code : {ann.code(), ann.recovery[0]}) {
    std::vector<std::future<bool>> proofs;
    for (int i = 0; i < 4; ++i) {
      proofs.push_back(std::async(std::launch::async, [&] {
        return factors.prove(test.tenants.scope(), ann.user.id, code).value_or(CodeProof::Wrong) != CodeProof::Wrong;
      }));
    }
    int right = 0;
    for (auto& proof : proofs) right += proof.get() ? 1 : 0;
    EXPECT_EQ(right, 1);
  }
}

TEST(SecondFactor, IsSetUpWithThePasswordAndAFirstCode) {
  TestIdentity test;
  test.add_user("ann");
  const LoggedIn session = test.log_in("ann").value();
  const LoggedIn other = test.log_in("ann").value();
  Identity& identity = test.identity;
  EXPECT_TRUE(identity.begin_second_factor(session.principal, {"wrong"}).error().message.starts_with("/password: "));
  EXPECT_TRUE(identity.confirm_second_factor(session.principal, "000000").error().message.starts_with("/code: "));
  const TotpSetup replaced = identity.begin_second_factor(session.principal, {kGoodPassword}).value();
  const TotpSetup setup = identity.begin_second_factor(session.principal, {kGoodPassword}).value();
  EXPECT_EQ(setup.uri, "otpauth://totp/Warder:ann?secret=" + setup.secret + "&issuer=Warder");
  EXPECT_FALSE(test.log_in("ann")->needs_code) << "not confirmed";
  const auto step = static_cast<std::uint64_t>(crypto::totp_step(test.clock.now()));
  EXPECT_FALSE(identity.confirm_second_factor(session.principal, crypto::hotp(from_base32(replaced.secret), step)));
  EXPECT_TRUE(identity.confirm_second_factor(session.principal, crypto::hotp(from_base32(setup.secret), step)));
  EXPECT_FALSE(identity.authenticate(other.token, false));
  EXPECT_TRUE(identity.authenticate(session.token, false));
  EXPECT_TRUE(identity.begin_second_factor(session.principal, {kGoodPassword}).error().message.starts_with("/code: "));
  const std::string next = crypto::hotp(from_base32(setup.secret), step + 1);
  EXPECT_EQ(identity.begin_second_factor(session.principal, {kGoodPassword, next}).error().code, ErrorCode::Conflict);
  EXPECT_TRUE(test.log_in("ann")->needs_code);
}

TEST(SecondFactor, IsDemandedByTenantOrRole) {
  TestIdentity test;
  test.add_user("root");
  test.add_user("eve", "auditor");
  const TenantScope scope = test.tenants.scope();
  PasswordPolicies& policies = test.identity.password_policies();
  ASSERT_TRUE(policies.set(scope, "*", "pci-4.0.1+seed", {}, {std::string(kFullAccess)}));
  EXPECT_TRUE(test.log_in("root")->principal.must_enrol);
  EXPECT_FALSE(test.log_in("eve")->principal.must_enrol);
  ASSERT_TRUE(policies.set(scope, "*", "pci-4.0.1+mfa", {}));
  const LoggedIn eve = test.log_in("eve").value();
  EXPECT_TRUE(eve.principal.must_enrol);
  const Bytes secret = from_base32(test.identity.begin_second_factor(eve.principal, {kGoodPassword})->secret);
  const auto code = [&] {
    return crypto::hotp(secret, static_cast<std::uint64_t>(crypto::totp_step(test.clock.now())));
  };
  ASSERT_TRUE(test.identity.confirm_second_factor(eve.principal, code()));
  const Principal now = test.identity.authenticate(eve.token, false).value();
  EXPECT_FALSE(now.must_enrol);
  test.clock.advance(std::chrono::seconds(60));
  EXPECT_EQ(test.identity.remove_second_factor(now, {kGoodPassword, code()}).error().code, ErrorCode::Forbidden);
  ASSERT_TRUE(policies.set(scope, "*", "pci-4.0.1+seed", {}));
  EXPECT_TRUE(test.identity.remove_second_factor(now, {"wrong", code()}).error().message.starts_with("/password: "));
  EXPECT_TRUE(
      test.identity.remove_second_factor(now, {kGoodPassword, "000000"}).error().message.starts_with("/code: "));
  EXPECT_TRUE(test.identity.remove_second_factor(now, {kGoodPassword, code()}));
  EXPECT_FALSE(test.log_in("eve")->needs_code);
}

TEST(SecondFactor, IsTakenAwayFromWhoHasLostItByAnother) {
  TestIdentity test;
  const User root = test.add_user("root");
  const Enrolled ann(test);
  EXPECT_EQ(test.identity.reset_second_factor(test.scope_of(ann.user), ann.user.id).error().code, ErrorCode::Forbidden);
  ASSERT_TRUE(test.identity.reset_second_factor(test.tenants.scope(), ann.user.id));
  EXPECT_FALSE(test.identity.authenticate(ann.session.token, false));
  EXPECT_FALSE(test.log_in("ann")->needs_code);
}

TEST(SecondFactor, SurvivesALinkForANewPassword) {
  TestIdentity test;
  test.add_user("root");
  const Enrolled ann(test);
  const ResetLink link = test.identity.users().make_reset_link(test.tenants.scope(), ann.user.id).value();
  ASSERT_TRUE(test.identity.redeem_reset_link(link.token, kNew, IpAddress::v4(1)));
  EXPECT_TRUE(test.log_in("ann", kNew)->needs_code);
}

TEST(SecondFactor, IsStoredUnreadably) {
  TestIdentity test;
  const Enrolled ann(test);
  const std::string secret(as_text(ann.secret));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(test.tenants.directory())) {
    if (!entry.is_regular_file()) continue;
    const std::string content = read_file(entry.path(), 64 << 20).value();
    for (const std::string& text : {secret, crypto::to_base32(ann.secret), ann.recovery[0]})
      EXPECT_EQ(content.find(text), std::string::npos) << entry.path();
  }
  EXPECT_TRUE(check_schemas(std::vector<FeatureSchema>{second_factors_schema()}));
}

}  // namespace
}  // namespace warder::manager
