#include "manager/webauthn/webauthn.h"

#include <gtest/gtest.h>

#include "manager/webauthn/testing.h"

namespace warder::manager {
namespace {

using testing::CborWriter;
using testing::TestAuthenticator;

constexpr SignatureAlgorithm kAlgorithms[] = {SignatureAlgorithm::Es256, SignatureAlgorithm::EdDsa,
                                              SignatureAlgorithm::Rs256};

CeremonyTerms terms(bool needs_user_verification = true) {
  return {{"manager.example", "https://manager.example:8443"}, Bytes(32, 7), needs_user_verification};
}

TEST(WebAuthn, RegistersAndAssertsWithEachAlgorithm) {
  for (const SignatureAlgorithm algorithm : kAlgorithms) {
    SCOPED_TRACE(static_cast<int>(algorithm));
    for (const char* format : {"none", "packed"}) {
      TestAuthenticator authenticator(algorithm);
      authenticator.format = format;
      const auto credential = verify_registration(authenticator.create(terms().challenge), terms());
      ASSERT_TRUE(credential) << credential.error().message;
      EXPECT_EQ(credential->id, authenticator.id);
      EXPECT_EQ(credential->key.algorithm, algorithm);
      const auto assertion = verify_assertion(authenticator.get(terms().challenge), terms(), *credential);
      ASSERT_TRUE(assertion) << assertion.error().message;
      EXPECT_EQ(assertion->counter, 2U);
      EXPECT_TRUE(assertion->is_user_verified);
    }
  }
}

TEST(WebAuthn, TakesWhatAuthenticatorsAdd) {
  TestAuthenticator authenticator;
  authenticator.flags = 0x1d;  // verified, to be backed up, backed up
  authenticator.extensions = CborWriter().map(1).text("credProtect").integer(2).written();
  authenticator.more_client_data = R"(,"crossOrigin":false,"other_keys_can_be_added_here":"x")";
  const auto credential = verify_registration(authenticator.create(terms().challenge), terms());
  ASSERT_TRUE(credential) << credential.error().message;
  EXPECT_TRUE(credential->is_backup_eligible);
  EXPECT_TRUE(credential->is_backed_up);
  authenticator.extensions.clear();
  authenticator.counter = 0;
  EXPECT_TRUE(verify_assertion(authenticator.get(terms().challenge), terms(), *credential)->is_backed_up);
}

struct Lie {
  const char* name;
  std::function<void(TestAuthenticator&)> tell;
  const char* refusal;
};

std::vector<Lie> lies() {
  using A = TestAuthenticator;
  return {
      {"another origin", [](A& a) { a.origin = "https://manager.example.evil"; }, "another site"},
      {"another port", [](A& a) { a.origin = "https://manager.example"; }, "another site"},
      {"without TLS", [](A& a) { a.origin = "http://manager.example:8443"; }, "another site"},
      {"a subdomain", [](A& a) { a.origin = "https://sub.manager.example:8443"; }, "another site"},
      {"the origin and more", [](A& a) { a.origin += "/"; }, "another site"},
      {"another relying party", [](A& a) { a.rp_id = "example"; }, "another relying party"},
      {"nobody present", [](A& a) { a.flags = 0x04; }, "nobody was present"},
      {"nobody verified", [](A& a) { a.flags = 0x01; }, "not verified"},
      {"in a foreign frame", [](A& a) { a.more_client_data = R"(,"crossOrigin":true)"; }, "frame"},
      {"in a frame that is named", [](A& a) { a.more_client_data = R"(,"topOrigin":"https://evil")"; }, "frame"},
      {"crossOrigin of another type", [](A& a) { a.more_client_data = R"(,"crossOrigin":"no")"; }, "crossOrigin"},
      {"another ceremony", [](A& a) { a.type = "payment.get"; }, "another ceremony"},
      {"a member twice", [](A& a) { a.more_client_data = R"(,"type":"webauthn.get")"; }, "client data"},
      {"endless client data", [](A& a) { a.more_client_data = ",\"x\":\"" + std::string(5000, 'x') + "\""; },
       "client data"},
      {"backed up, not to be", [](A& a) { a.flags = 0x15; }, "backed up"},
      {"bytes behind", [](A& a) { a.trailing = Bytes{0}; }, "behind its end"},
      {"extensions that are announced and cut off", [](A& a) { a.extensions = Bytes{0xa1}; }, ""},
      {"extensions too deep", [](A& a) { a.extensions = Bytes{0x81, 0x81, 0x81, 0x81, 0x81, 0}; }, "too deep"},
  };
}

TEST(WebAuthn, ARegistrationWithALieIsRefused) {
  std::vector<Lie> all = lies();
  using A = TestAuthenticator;
  const std::vector<Lie> more = {
      {"an assertion", [](A& a) { a.type = "webauthn.get"; }, "another ceremony"},
      {"bytes behind the attestation", [](A& a) { a.attestation_trailing = Bytes{0}; }, "behind the attestation"},
      {"another format", [](A& a) { a.format = "fido-u2f"; }, "neither none"},
      {"no format", [](A& a) { a.format = ""; }, ""},
      {"no credential id", [](A& a) { a.id = {}; }, "no allowed length"},
      {"a credential id too long", [](A& a) { a.id = random_bytes(1024); }, "no allowed length"},
      {"more than there can be",
       [](A& a) { a.extensions = CborWriter().map(1).text("x").bytes(Bytes(9000)).written(); }, "too large"},
      {"an algorithm of another key", [](A& a) { a.told_algorithm = -8; }, "a key that"},
      {"an unknown algorithm", [](A& a) { a.told_algorithm = -7000; }, "a key that"},
  };
  all.insert(all.end(), more.begin(), more.end());
  for (const Lie& lie : all) {
    SCOPED_TRACE(lie.name);
    TestAuthenticator authenticator;
    lie.tell(authenticator);
    const auto answer = verify_registration(authenticator.create(terms().challenge), terms());
    ASSERT_FALSE(answer);
    EXPECT_NE(answer.error().message.find(lie.refusal), std::string::npos) << answer.error().message;
  }
  TestAuthenticator honest;
  EXPECT_FALSE(verify_registration(honest.create(Bytes(32, 8)), terms())) << "another challenge";
  EXPECT_FALSE(verify_registration(honest.create({}), {terms().rp, {}, true})) << "no challenge at all";
}

TEST(WebAuthn, AnAssertionWithALieIsRefused) {
  for (const Lie& lie : lies()) {
    SCOPED_TRACE(lie.name);
    TestAuthenticator authenticator;
    const Credential credential = verify_registration(authenticator.create(terms().challenge), terms()).value();
    lie.tell(authenticator);
    const auto answer = verify_assertion(authenticator.get(terms().challenge), terms(), credential);
    ASSERT_FALSE(answer);
    EXPECT_NE(answer.error().message.find(lie.refusal), std::string::npos) << answer.error().message;
  }
}

TEST(WebAuthn, AnAssertionIsOfThisPasskeyAndThisChallenge) {
  TestAuthenticator authenticator;
  TestAuthenticator other;
  const Credential credential = verify_registration(authenticator.create(terms().challenge), terms()).value();
  AssertionAnswer answer = authenticator.get(terms().challenge);
  EXPECT_TRUE(verify_assertion(answer, terms(), credential));
  CeremonyTerms later = terms();
  later.challenge = Bytes(32, 8);
  EXPECT_FALSE(verify_assertion(answer, later, credential)) << "another challenge";
  EXPECT_FALSE(verify_assertion(other.get(terms().challenge), terms(), credential)) << "a foreign id";
  other.id = authenticator.id;
  EXPECT_FALSE(verify_assertion(other.get(terms().challenge), terms(), credential)) << "a foreign key";
  for (std::size_t at = 0; at < answer.signature.size(); at += 7) {
    AssertionAnswer changed = answer;
    changed.signature[at] ^= 1U;
    EXPECT_FALSE(verify_assertion(changed, terms(), credential)) << at;
  }
  AssertionAnswer changed = answer;
  changed.authenticator_data[36] ^= 8U;  // the counter
  EXPECT_FALSE(verify_assertion(changed, terms(), credential));
  changed = answer;
  changed.signature.clear();
  EXPECT_FALSE(verify_assertion(changed, terms(), credential)) << "no signature";
  authenticator.flags |= 0x08U;
  EXPECT_FALSE(verify_assertion(authenticator.get(terms().challenge), terms(), credential)) << "now to be backed up";
}

TEST(WebAuthn, AKeyOfAnotherAlgorithmProvesNothing) {
  for (const SignatureAlgorithm algorithm : kAlgorithms) {
    TestAuthenticator authenticator(algorithm);
    Credential credential = verify_registration(authenticator.create(terms().challenge), terms()).value();
    for (const SignatureAlgorithm wrong : kAlgorithms) {
      if (wrong == algorithm) continue;
      credential.key.algorithm = wrong;
      EXPECT_FALSE(verify_assertion(authenticator.get(terms().challenge), terms(), credential));
    }
  }
}

TEST(WebAuthn, ACounterThatGoesBackIsACopy) {
  TestAuthenticator authenticator;
  authenticator.counter = 10;
  Credential credential = verify_registration(authenticator.create(terms().challenge), terms()).value();
  EXPECT_EQ(credential.counter, 10U);
  authenticator.counter = 9;  // becomes 10
  EXPECT_FALSE(verify_assertion(authenticator.get(terms().challenge), terms(), credential));
  EXPECT_TRUE(verify_assertion(authenticator.get(terms().challenge), terms(), credential));
  authenticator.counter = 0xffffffff;  // becomes 0: an authenticator that no longer counts
  EXPECT_FALSE(verify_assertion(authenticator.get(terms().challenge), terms(), credential));
  credential.counter = 0;
  authenticator.counter = 0xffffffff;
  EXPECT_TRUE(verify_assertion(authenticator.get(terms().challenge), terms(), credential)) << "it never counted";
}

TEST(WebAuthn, VerificationIsAskedForOnlyWhereItIsNeeded) {
  TestAuthenticator authenticator;
  authenticator.flags = 0x01;
  const Credential credential = verify_registration(authenticator.create(terms().challenge), terms(false)).value();
  const auto assertion = verify_assertion(authenticator.get(terms().challenge), terms(false), credential);
  ASSERT_TRUE(assertion);
  EXPECT_FALSE(assertion->is_user_verified);
  EXPECT_FALSE(verify_assertion(authenticator.get(terms().challenge), terms(true), credential));
}

TEST(RelyingParty, IsTheNameOfTheConsole) {
  const auto rp = relying_party_of("https://manager.example:8443/");
  ASSERT_TRUE(rp);
  EXPECT_EQ(rp->id, "manager.example");
  EXPECT_EQ(rp->origin, "https://manager.example:8443");
  EXPECT_EQ(relying_party_of("https://a.example:443")->origin, "https://a.example");
  EXPECT_EQ(relying_party_of("https://localhost:1")->id, "localhost");
  for (const char* bad : {"", "http://manager.example", "https://127.0.0.1:8443", "https://[::1]", "https://",
                          "https://a.example/console", "https://A.example", "https://a.example:", "https://a.example:0",
                          "https://user@a.example", "https://a.example:8443:1"})
    EXPECT_FALSE(relying_party_of(bad)) << bad;
}

}  // namespace
}  // namespace warder::manager
