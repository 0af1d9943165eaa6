#include "crypto/client_certificate.h"

#include <gtest/gtest.h>

#include <functional>

#include "crypto/testing/client_authority.h"

namespace warder::crypto {
namespace {

using std::chrono::days;
using testing::TestCertificate;
using testing::TestClientAuthority;

const Timestamp kNow = parse_rfc3339("2026-03-01T12:00:00Z").value();

TestClientAuthority make_root(const std::string& name = "Staff CA") {
  return {name, kNow - days{100}, kNow + days{1000}};
}

CertificateFault check(const std::string& authority, const std::string& shown, const std::string& lists = {},
                       Timestamp now = kNow) {
  return ClientAuthority::load(authority, lists).value().check(read_shown_certificate(shown).value(), now);
}

TEST(ClientCertificate, HoldsWhenItsAuthorityVouchesForIt) {
  const TestClientAuthority root = make_root();
  const TestCertificate ann = root.issue({"ann"});
  EXPECT_EQ(check(root.pem(), ann.pem), CertificateFault::None);
  const ClientAuthority authority = ClientAuthority::load(root.pem(), {}).value();
  EXPECT_EQ(authority.subject(), "CN=Staff CA");
  EXPECT_EQ(authority.says().not_after, kNow + days{1000});
  EXPECT_EQ(read_shown_certificate(ann.pem)->says.common_name, "ann");
}

TEST(ClientCertificate, EachTrapIsSeen) {
  const TestClientAuthority root = make_root();
  const TestClientAuthority other = make_root("Other CA");
  const TestClientAuthority twin = make_root();  // the same name, another key
  const TestClientAuthority below = root.below("Team CA");
  const TestCertificate ann = root.issue({"ann"});
  struct Case {
    const char* name;
    std::string shown;
    CertificateFault fault;
  };
  const Case cases[] = {
      {"expired", root.issue({"ann", "clientAuth", kNow - days{9}, kNow - days{1}}).pem, CertificateFault::Expired},
      {"not yet valid", root.issue({"ann", "clientAuth", kNow + days{1}, kNow + days{9}}).pem,
       CertificateFault::NotYetValid},
      {"another CA", other.issue({"ann"}).pem, CertificateFault::UnknownAuthority},
      {"another CA sends itself", other.issue({"ann"}).pem + other.pem(), CertificateFault::UnknownAuthority},
      {"a CA of the same name", twin.issue({"ann"}).pem, CertificateFault::UnknownAuthority},
      {"a CA of the same name sends itself", twin.issue({"ann"}).pem + twin.pem(), CertificateFault::UnknownAuthority},
      {"a server's", root.issue({"ann", "serverAuth"}).pem, CertificateFault::WrongPurpose},
      {"for mail", root.issue({"ann", "emailProtection"}).pem, CertificateFault::WrongPurpose},
      {"without a purpose", root.issue({"ann", ""}).pem, CertificateFault::WrongPurpose},
      {"for everything", root.issue({"ann", "anyExtendedKeyUsage"}).pem, CertificateFault::WrongPurpose},
      {"the authority itself", root.pem(), CertificateFault::WrongPurpose},
      {"an authority below", below.pem(), CertificateFault::WrongPurpose},
      {"an authority that is for clients", root.below("Both", "clientAuth").pem(), CertificateFault::WrongPurpose},
      {"below, without the one between", below.issue({"ann"}).pem, CertificateFault::UnknownAuthority},
      {"below, with it", below.issue({"ann"}).pem + below.pem(), CertificateFault::None},
      {"a short key", root.issue({"ann", "clientAuth", {}, {}, 1024}).pem, CertificateFault::Weak},
      {"SHA-1", root.issue({"ann", "clientAuth", {}, {}, 0, true}).pem, CertificateFault::Weak},
      {"for both", root.issue({"ann", "serverAuth,clientAuth"}).pem, CertificateFault::None},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(name(check(root.pem(), c.shown)), name(c.fault));
  }
}

TEST(ClientCertificate, AChainIsBounded) {
  const TestClientAuthority root = make_root();
  TestClientAuthority last = root;
  std::string between;
  for (int i = 0; i < kMaxCertificateDepth; ++i) {
    last = last.below("CA " + std::to_string(i));
    between += last.pem();
  }
  EXPECT_EQ(check(root.pem(), last.issue({}).pem + between), CertificateFault::None);
  const TestClientAuthority deeper = last.below("one more");
  EXPECT_EQ(check(root.pem(), deeper.issue({}).pem + between + deeper.pem()), CertificateFault::ChainTooLong);
  std::string many = root.issue({}).pem;
  for (std::size_t i = 0; i < kMaxShownCertificates; ++i) many += make_root("CA " + std::to_string(i)).pem();
  EXPECT_EQ(check(root.pem(), many), CertificateFault::ChainTooLong);
}

TEST(ClientCertificate, AnAuthorityBelowIsEnoughToTrust) {
  const TestClientAuthority root = make_root();
  const TestClientAuthority team = root.below("Team CA");
  EXPECT_EQ(check(team.pem(), team.issue({}).pem), CertificateFault::None);
  EXPECT_EQ(check(team.pem(), root.issue({}).pem), CertificateFault::UnknownAuthority);
  const TestCertificate ann = team.issue({});
  EXPECT_EQ(check(team.pem(), ann.pem, team.revoke({}, kNow - days{1}, kNow + days{1})), CertificateFault::None);
  EXPECT_EQ(check(team.pem(), ann.pem, team.revoke({ann.serial}, kNow - days{1}, kNow + days{1})),
            CertificateFault::Revoked);
}

TEST(ClientCertificate, ListsOfTheRevokedHold) {
  const TestClientAuthority root = make_root();
  const TestClientAuthority team = root.below("Team CA");
  const TestCertificate ann = root.issue({"ann"});
  const TestCertificate bob = team.issue({"bob"});
  const auto list = [](const TestClientAuthority& of, std::vector<long> serials) {
    return of.revoke(serials, kNow - days{1}, kNow + days{1});
  };
  EXPECT_EQ(check(root.pem(), ann.pem, list(root, {})), CertificateFault::None);
  EXPECT_EQ(check(root.pem(), ann.pem, list(root, {7, ann.serial})), CertificateFault::Revoked);
  EXPECT_EQ(check(root.pem(), ann.pem, list(root, {}), kNow + days{2}), CertificateFault::StaleRevocations);
  EXPECT_EQ(check(root.pem(), ann.pem, list(root, {}), kNow - days{2}), CertificateFault::StaleRevocations);
  // Of the authority between as well.
  const std::string with_team = bob.pem + team.pem();
  EXPECT_EQ(check(root.pem(), with_team, list(root, {})), CertificateFault::StaleRevocations);
  EXPECT_EQ(check(root.pem(), with_team, list(root, {}) + list(team, {})), CertificateFault::None);
  EXPECT_EQ(check(root.pem(), with_team, list(root, {}) + list(team, {bob.serial})), CertificateFault::Revoked);
  EXPECT_EQ(check(root.pem(), with_team, list(root, {team.serial()}) + list(team, {})), CertificateFault::Revoked);
  // A list that somebody else has made is none.
  const TestClientAuthority twin = make_root();
  EXPECT_NE(check(root.pem(), ann.pem, list(twin, {})), CertificateFault::None);
}

TEST(ClientCertificate, AnAuthorityMustBeOne) {
  const TestClientAuthority root = make_root();
  EXPECT_FALSE(ClientAuthority::load(root.issue({}).pem, {}));
  EXPECT_FALSE(ClientAuthority::load(root.pem() + root.pem(), {}));
  EXPECT_FALSE(ClientAuthority::load("", {}));
  EXPECT_FALSE(ClientAuthority::load("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", {}));
  EXPECT_FALSE(ClientAuthority::load(root.pem(), "no list"));
  EXPECT_FALSE(ClientAuthority::load(root.pem(), root.pem()));
}

TEST(ClientCertificate, TheOwnListIsSignedByTheAuthority) {
  const TestClientAuthority root = make_root();
  const auto own = [&](const std::string& lists) {
    return ClientAuthority::load(root.pem(), lists).value().own_revocations();
  };
  const auto found = own(root.revoke({5, 6}, kNow - days{1}, kNow + days{1}));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->certificates, 2U);
  EXPECT_EQ(found->issued, kNow - days{1});
  EXPECT_EQ(found->next, kNow + days{1});
  EXPECT_FALSE(own(make_root().revoke({5}, kNow, kNow + days{1})));
  EXPECT_FALSE(own(make_root("Other").revoke({5}, kNow, kNow + days{1})));
  EXPECT_FALSE(own({}));
}

}  // namespace
}  // namespace warder::crypto
