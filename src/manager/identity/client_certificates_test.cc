#include "manager/identity/client_certificates.h"

#include <gtest/gtest.h>

#include "crypto/testing/client_authority.h"
#include "crypto/totp.h"
#include "manager/identity/testing.h"

namespace warder::manager {
namespace {

using crypto::testing::TestCertificate;
using crypto::testing::TestClientAuthority;
using std::chrono::days;
using testing::kGoodPassword;
using testing::TestIdentity;

const IpAddress kPeer = IpAddress::v4(0x7f000001);

ShownCertificatePtr shown(const std::string& pem) {
  return std::make_shared<const crypto::ShownCertificate>(crypto::read_shown_certificate(pem).value());
}

/// A tenant that trusts an authority, and ann with a certificate of it.
struct World {
  World() {
    ca = certificates().add_authority(scope(), "Staff", root.pem()).value();
    bound = bind(ann, cert).value();
  }
  TenantScope scope() { return test.tenants.scope(); }
  ClientCertificates& certificates() { return test.identity.client_certificates(); }
  Timestamp now() { return test.clock.now(); }
  Result<UserCertificate> bind(const User& user, const TestCertificate& of) {
    return certificates().add(scope(), user.id, "laptop", of.pem);
  }
  Result<LoggedIn> by_password(const ShownCertificatePtr& certificate, const std::string& code = {}) {
    LoginRequest request{"ann", kGoodPassword, false, kPeer, code};
    request.certificate = certificate;
    return test.identity.log_in(request);
  }
  Result<LoggedIn> alone(const ShownCertificatePtr& certificate, const std::string& code = {}) {
    return test.identity.log_in_with_certificate({"", true, kPeer, certificate, code});
  }
  std::string method_of(const LoggedIn& session) {
    const auto sessions = test.identity.sessions_of(session.principal).value();
    for (const SessionRecord& record : sessions)
      if (record.id == session.principal.session) return record.method;
    return "none";
  }
  void allow_alone(std::vector<AccessRule> rules = {}) {
    ASSERT_TRUE(test.identity.access_policies().set(scope(), "*", {std::move(rules), true}));
  }
  std::string last_reason() {
    const AuditPage page = test.audit.list(scope(), {}).value();
    const auto* const reason = page.items.front().record.detail.if_contains("reason");
    return reason == nullptr ? "none" : std::string(std::string_view(reason->as_string()));
  }

  TestIdentity test;
  TestClientAuthority root{"Staff CA", test.clock.now() - days{10}, test.clock.now() + days{100}};
  TestCertificate cert = root.issue({"ann"});
  User ann = test.add_user("ann");
  TrustedAuthority ca;
  UserCertificate bound;
};

TEST(ClientCertificates, ProveALoginBesideThePassword) {
  World world;
  const LoggedIn session = world.by_password(shown(world.cert.pem)).value();
  EXPECT_EQ(world.method_of(session), "password+certificate");
  EXPECT_EQ(proofs_of(world.method_of(session)), Proofs{"certificate"});
  const LoggedIn without = world.by_password(nullptr).value();
  EXPECT_EQ(world.method_of(without), "password");
  LoginRequest wrong{"ann", "Wrong-Password-1", false, kPeer};
  wrong.certificate = shown(world.cert.pem);
  EXPECT_FALSE(world.test.identity.log_in(wrong)) << "a certificate does not stand in for the password";
}

TEST(ClientCertificates, StandInForACodeUnlessARuleDemandsIt) {
  World world;
  Identity& identity = world.test.identity;
  const LoggedIn first = world.by_password(nullptr).value();
  const TotpSetup setup = identity.begin_second_factor(first.principal, {kGoodPassword}).value();
  const Bytes seed = testing::from_base32(setup.secret);
  const auto code = [&] { return crypto::hotp(seed, static_cast<std::uint64_t>(crypto::totp_step(world.now()))); };
  ASSERT_TRUE(identity.confirm_second_factor(first.principal, code()));
  world.test.clock.advance(std::chrono::minutes(1));
  EXPECT_TRUE(world.by_password(nullptr)->needs_code);
  const LoggedIn session = world.by_password(shown(world.cert.pem)).value();
  EXPECT_FALSE(session.needs_code);
  EXPECT_EQ(world.method_of(session), "password+certificate");
  EXPECT_FALSE(world.by_password(shown(world.cert.pem), "000000")) << "a code that was given is looked at";
  AccessRule rule;
  rule.proofs = {"totp"};
  ASSERT_TRUE(identity.access_policies().set(world.scope(), "*", {{rule}}));
  EXPECT_TRUE(world.by_password(shown(world.cert.pem))->needs_code);
  world.test.clock.advance(std::chrono::minutes(1));
  const LoggedIn both = world.by_password(shown(world.cert.pem), code()).value();
  EXPECT_EQ(world.method_of(both), "password+certificate+totp");
  EXPECT_FALSE(both.principal.must_enrol);
}

TEST(ClientCertificates, AreALoginAloneOnlyWhereThePolicySaysSo) {
  World world;
  EXPECT_FALSE(world.alone(shown(world.cert.pem)));
  EXPECT_EQ(world.last_reason(), "not-alone");
  world.allow_alone();
  const auto session = world.alone(shown(world.cert.pem));
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ(session->principal.username, "ann");
  EXPECT_EQ(world.method_of(*session), "certificate");
  EXPECT_FALSE(world.alone(nullptr));
  EXPECT_FALSE(world.alone(shown(world.root.issue({"ann"}).pem))) << "the same name, another certificate";
  EXPECT_EQ(world.last_reason(), "unknown-certificate");
  EXPECT_FALSE(world.test.identity.log_in_with_certificate({"nowhere", true, kPeer, shown(world.cert.pem)}));
}

TEST(ClientCertificates, TrapsAreRefusedAtLoginAndLater) {
  World world;
  world.allow_alone();
  const LoggedIn session = world.alone(shown(world.cert.pem)).value();
  const auto use = [&] {
    return world.test.identity.authenticate(session.token, true, {kPeer, shown(world.cert.pem)});
  };
  ASSERT_TRUE(use());
  // Revoked.
  const auto revoke = [&](std::vector<long> serials, Timestamp issued) {
    return world.certificates().set_revocations(world.scope(), world.ca.id,
                                                world.root.revoke(serials, issued, world.now() + days{1}));
  };
  ASSERT_TRUE(revoke({world.cert.serial}, world.now()));
  EXPECT_FALSE(world.alone(shown(world.cert.pem)));
  EXPECT_EQ(world.last_reason(), "revoked");
  EXPECT_EQ(use().error().code, ErrorCode::Unauthenticated);
  EXPECT_EQ(world.last_reason(), "revoked");
  EXPECT_FALSE(world.test.identity.is_in_force(session.principal));
  EXPECT_EQ(world.method_of(world.by_password(shown(world.cert.pem)).value()), "password");
  // The list is over.
  ASSERT_TRUE(revoke({}, world.now() + std::chrono::seconds(1)));
  world.test.clock.advance(std::chrono::hours(1));
  EXPECT_TRUE(use());
  world.test.clock.advance(std::chrono::hours(24));
  EXPECT_FALSE(world.alone(shown(world.cert.pem)));
  EXPECT_EQ(world.last_reason(), "stale-revocations");
}

TEST(ClientCertificates, ExpiryUnbindingAndAnAuthorityThatIsGoneEndThem) {
  World world;
  world.allow_alone();
  const TestCertificate brief =
      world.root.issue({"ann", "clientAuth", world.now() - days{1}, world.now() + std::chrono::hours(1)});
  const UserCertificate bound = world.bind(world.ann, brief).value();
  const LoggedIn session = world.alone(shown(brief.pem)).value();
  const auto use = [&](const LoggedIn& of, const TestCertificate& with) {
    return world.test.identity.authenticate(of.token, true, {kPeer, shown(with.pem)});
  };
  ASSERT_TRUE(use(session, brief));
  world.test.clock.advance(std::chrono::hours(2));
  EXPECT_FALSE(use(session, brief));
  EXPECT_EQ(world.last_reason(), "expired");
  const LoggedIn second = world.alone(shown(world.cert.pem)).value();
  ASSERT_TRUE(use(second, world.cert));
  ASSERT_TRUE(world.certificates().remove(world.scope(), world.bound.id));
  EXPECT_FALSE(use(second, world.cert));
  EXPECT_EQ(world.last_reason(), "not-bound");
  ASSERT_TRUE(world.bind(world.ann, world.cert));
  ASSERT_TRUE(use(second, world.cert));
  ASSERT_TRUE(world.certificates().remove_authority(world.scope(), world.ca.id));
  EXPECT_FALSE(use(second, world.cert));
  EXPECT_EQ(world.last_reason(), "unknown-authority");
  EXPECT_FALSE(world.alone(shown(world.cert.pem)));
}

TEST(ClientCertificates, ASessionIsOfWhoHoldsTheCertificate) {
  World world;
  const TestCertificate other = world.root.issue({"ann"});
  ASSERT_TRUE(world.bind(world.ann, other));
  const LoggedIn session = world.by_password(shown(world.cert.pem)).value();
  Identity& identity = world.test.identity;
  EXPECT_TRUE(identity.authenticate(session.token, false, {kPeer, shown(world.cert.pem)}));
  EXPECT_EQ(identity.authenticate(session.token, false, {kPeer}).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(world.last_reason(), "certificate-not-shown");
  EXPECT_FALSE(identity.authenticate(session.token, false, {kPeer, shown(other.pem)}));
  EXPECT_TRUE(identity.is_in_force(session.principal));
  // One that began without gains nothing and loses nothing.
  const LoggedIn plain = world.by_password(nullptr).value();
  EXPECT_TRUE(identity.authenticate(plain.token, false, {kPeer}));
  EXPECT_TRUE(identity.authenticate(plain.token, false, {kPeer, shown(world.cert.pem)}));
  EXPECT_EQ(world.method_of(plain), "password");
}

TEST(ClientCertificates, AreEnforceableForRoles) {
  World world;
  AccessRule rule;
  rule.roles = {std::string(kFullAccess)};
  rule.proofs = {"certificate"};
  ASSERT_TRUE(world.test.identity.access_policies().set(world.scope(), "*", {{rule}}));
  EXPECT_TRUE(world.by_password(nullptr)->principal.must_enrol);
  const LoggedIn session = world.by_password(shown(world.cert.pem)).value();
  EXPECT_FALSE(session.principal.must_enrol);
  world.test.add_user("eve", "auditor");
  EXPECT_FALSE(world.test.log_in("eve")->principal.must_enrol);
  const TestCertificate stranger =
      TestClientAuthority("Staff CA", world.now() - days{1}, world.now() + days{9}).issue({"ann"});
  EXPECT_TRUE(world.by_password(shown(stranger.pem))->principal.must_enrol) << "the same subject of another CA";
}

TEST(ClientCertificates, OfADisabledUserOpenNothing) {
  World world;
  world.allow_alone();
  world.test.add_user("root");
  UserChange change;
  change.disabled = true;
  ASSERT_TRUE(world.test.identity.users().update(world.scope(), world.ann.id, "*", change));
  EXPECT_FALSE(world.alone(shown(world.cert.pem)));
  EXPECT_EQ(world.last_reason(), "disabled");
  EXPECT_FALSE(world.by_password(shown(world.cert.pem)));
  ASSERT_TRUE(world.test.identity.users().remove(world.scope(), world.ann.id, "*"));
  EXPECT_TRUE(world.certificates().list(world.scope(), std::nullopt)->empty());
}

TEST(ClientCertificates, OneIsOfOneUserAndMustHoldWhenItIsBound) {
  World world;
  const User eve = world.test.add_user("eve", "auditor");
  EXPECT_EQ(world.bind(eve, world.cert).error().code, ErrorCode::Conflict);
  const TestClientAuthority other("Other CA", world.now() - days{1}, world.now() + days{9});
  struct Case {
    const char* name;
    TestCertificate certificate;
    const char* why;
  };
  const Case cases[] = {
      {"another CA", other.issue({"eve"}), "unknown-authority"},
      {"over", world.root.issue({"eve", "clientAuth", world.now() - days{2}, world.now() - days{1}}), "expired"},
      {"early", world.root.issue({"eve", "clientAuth", world.now() + days{1}, world.now() + days{2}}), "not-yet-valid"},
      {"a server's", world.root.issue({"eve", "serverAuth"}), "wrong-purpose"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const auto bound = world.bind(eve, c.certificate);
    ASSERT_FALSE(bound);
    EXPECT_EQ(bound.error().code, ErrorCode::Invalid);
    EXPECT_NE(bound.error().message.find(c.why), std::string::npos) << bound.error().message;
  }
  for (std::size_t i = 1; i < kMaxUserCertificates; ++i) ASSERT_TRUE(world.bind(world.ann, world.root.issue({"ann"})));
  EXPECT_EQ(world.bind(world.ann, world.root.issue({"ann"})).error().code, ErrorCode::Conflict);
}

TEST(ClientCertificates, ListsOnlyGetNewer) {
  World world;
  const auto set = [&](const TestClientAuthority& by, Timestamp issued, Timestamp next) {
    return world.certificates().set_revocations(world.scope(), world.ca.id, by.revoke({}, issued, next));
  };
  ASSERT_TRUE(set(world.root, world.now(), world.now() + days{2}));
  EXPECT_EQ(set(world.root, world.now() - days{1}, world.now() + days{2}).error().code, ErrorCode::Conflict);
  EXPECT_EQ(set(world.root, world.now() - days{2}, world.now() - days{1}).error().code, ErrorCode::Invalid);
  const TestClientAuthority twin("Staff CA", world.now() - days{1}, world.now() + days{9});
  EXPECT_EQ(set(twin, world.now(), world.now() + days{2}).error().code, ErrorCode::Invalid);
  EXPECT_EQ(world.certificates().set_revocations(world.scope(), world.ca.id, "").error().code, ErrorCode::Invalid);
  EXPECT_EQ(world.certificates().add_authority(world.scope(), "Again", world.root.pem()).error().code,
            ErrorCode::Conflict);
  EXPECT_EQ(world.certificates().add_authority(world.scope(), "Person", world.cert.pem).error().code,
            ErrorCode::Invalid);
}

TEST(ClientCertificates, BindingOnesOwnNeedsAProofAndOthersTheRight) {
  World world;
  const Principal me = world.test.log_in("ann")->principal;
  Identity& identity = world.test.identity;
  const TenantScope scope = identity.scope_of(me, "users:write").value();
  const TestCertificate more = world.root.issue({"ann"});
  const NewUserCertificate own{world.ann.id, "second", more.pem};
  EXPECT_EQ(identity.add_user_certificate(scope, me, own, nullptr).error().code, ErrorCode::Invalid);
  const OwnProof wrong{"Wrong-Password-1"};
  EXPECT_FALSE(identity.add_user_certificate(scope, me, own, &wrong));
  const OwnProof right{kGoodPassword};
  ASSERT_TRUE(identity.add_user_certificate(scope, me, own, &right));
  EXPECT_EQ(world.test.audited()[0], "user.certificate.add success");
  // Nobody binds one to somebody with more rights.
  const User eve = world.test.add_user("eve", "auditor");
  const Principal weak = world.test.log_in("eve")->principal;
  const TestCertificate third = world.root.issue({"ann"});
  EXPECT_EQ(identity
                .add_user_certificate(identity.scope_of(weak, "users:write").value(), weak,
                                      {world.ann.id, "x", third.pem}, nullptr)
                .error()
                .code,
            ErrorCode::Forbidden);
  EXPECT_EQ(identity.remove_user_certificate(identity.scope_of(weak, "users:write").value(), weak, world.bound.id)
                .error()
                .code,
            ErrorCode::Forbidden);
}

}  // namespace
}  // namespace warder::manager
