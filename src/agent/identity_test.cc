#include "agent/identity.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "agent/enrol.h"
#include "agent/testing.h"
#include "base/file.h"
#include "crypto/pki.h"
#include "protocol/token.h"

namespace warder::agent {
namespace {

using std::chrono::hours;

const Timestamp kStart = from_micros(1'700'000'000'000'000);

class IdentityTest : public ::testing::Test {
 protected:
  IdentityTest() {
    identity_.agent = AgentId{UuidGenerator(&fill_random).next(kStart)};
    identity_.tenant = TenantId{UuidGenerator(&fill_random).next(kStart)};
    identity_.managers = {"https://one:8444", "https://two:8444"};
    identity_.private_key_pem = key_.private_pem;
    identity_.certificate_pem = issue(key_);
    identity_.ca_pem = authority_.certificate_pem();
    identity_.maintenance = crypto::SigningKey::generate().public_key();
    identity_.content_keys = {crypto::SigningKey::generate().public_key()};
  }
  [[nodiscard]] std::string issue(const crypto::KeyPair& key) const {
    crypto::CertificateSpec spec;
    spec.common_name = "agent";
    spec.uris = {protocol::agent_uri(identity_.tenant, identity_.agent)};
    spec.not_before = kStart;
    spec.not_after = kStart + hours{300};
    return *authority_.issue(key, spec);
  }
  static void write(const std::filesystem::path& file, const std::string& content) {
    ASSERT_TRUE(write_file_atomically(file, content));
  }
  [[nodiscard]] std::filesystem::path folder() const { return directory_.path() / "identity"; }

  testing::Directory directory_;
  crypto::CertificateAuthority authority_ =
      *crypto::CertificateAuthority::create("CA", kStart - hours{1}, kStart + hours{10'000});
  crypto::KeyPair key_ = crypto::KeyPair::generate();
  Identity identity_;
};

TEST_F(IdentityTest, ComesBackAsItWasSaved) {
  ASSERT_TRUE(save_identity(folder(), identity_));
  const auto loaded = load_identity(folder());
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->agent, identity_.agent);
  EXPECT_EQ(loaded->tenant, identity_.tenant);
  EXPECT_EQ(loaded->managers, identity_.managers);
  EXPECT_EQ(loaded->private_key_pem, identity_.private_key_pem);
  EXPECT_EQ(loaded->certificate_pem, identity_.certificate_pem);
  EXPECT_EQ(loaded->maintenance, identity_.maintenance);
  EXPECT_EQ(loaded->content_keys, identity_.content_keys);
}

TEST_F(IdentityTest, IsReadableByItsOwnerOnly) {
  ASSERT_TRUE(save_identity(folder(), identity_));
  struct stat found {};
  ASSERT_EQ(::stat(folder().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700U);
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    ASSERT_EQ(::stat(entry.path().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600U) << entry.path();
  }
}

TEST_F(IdentityTest, IsNotFoundBeforeEnrolmentAndNamedWhenDamaged) {
  EXPECT_EQ(load_identity(folder()).error().code, ErrorCode::NotFound);
  ASSERT_TRUE(save_identity(folder(), identity_));
  ASSERT_TRUE(write_file_atomically(folder() / "agent.json", "[]"));
  EXPECT_NE(load_identity(folder()).error().message.find("agent.json"), std::string::npos);
}

TEST_F(IdentityTest, IsRenewedAtTwoThirdsOfItsLife) {
  const auto life = certificate_life(identity_);
  ASSERT_TRUE(life);
  EXPECT_EQ(life->expires, kStart + hours{300});
  EXPECT_EQ(life->renew_from, kStart + hours{200});
}

TEST_F(IdentityTest, ARenewalCutShortAtAnyPointLeavesAPairThatFits) {
  const auto next = crypto::KeyPair::generate();
  const auto certificate = issue(next);
  struct Case {
    std::string name;
    bool is_next_key_written;
    bool is_certificate_written;
    std::string expected_key;
  };
  const std::vector<Case> cases = {
      {"before anything", false, false, key_.private_pem},
      {"after the new key", true, false, key_.private_pem},
      {"after the new certificate", true, true, next.private_pem},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    std::filesystem::remove_all(folder());
    ASSERT_TRUE(save_identity(folder(), identity_));
    if (c.is_next_key_written) write(folder() / "key.next.pem", next.private_pem);
    if (c.is_certificate_written) write(folder() / "certificate.pem", certificate);
    const auto loaded = load_identity(folder());
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->private_key_pem, c.expected_key);
    EXPECT_EQ(load_identity(folder())->private_key_pem, c.expected_key);
    EXPECT_FALSE(std::filesystem::exists(folder() / "key.next.pem"));
  }
}

TEST_F(IdentityTest, ReadsTheAnswerToEnrolment) {
  json::object answer;
  answer["agent_id"] = identity_.agent.text();
  answer["certificate_pem"] = identity_.certificate_pem;
  answer["ca_pem"] = identity_.ca_pem;
  answer["maintenance_key"] = to_base64url(*identity_.maintenance);
  answer["content_keys"] = json::array{to_base64url(identity_.content_keys[0])};
  const auto read = [&](const json::object& body) {
    return read_enrol_answer(json::serialize(body), identity_.tenant, identity_.managers, key_.private_pem);
  };
  const auto identity = read(answer);
  ASSERT_TRUE(identity) << identity.error().message;
  EXPECT_EQ(identity->maintenance, identity_.maintenance);
  EXPECT_EQ(identity->content_keys, identity_.content_keys);
  for (const char* key : {"agent_id", "certificate_pem", "ca_pem"}) {
    json::object without = answer;
    without.erase(key);
    EXPECT_NE(read(without).error().message.find(key), std::string::npos);
  }
  answer["agent_id"] = AgentId{}.text();
  EXPECT_EQ(read(answer).error().message, "/certificate_pem: does not name this agent");
}

TEST(MachineFingerprint, DiffersByMachineAndAgentAndHidesBoth) {
  const AgentId one{UuidGenerator(&fill_random).next(kStart)};
  const AgentId two{UuidGenerator(&fill_random).next(kStart)};
  EXPECT_NE(machine_fingerprint("machine", one), machine_fingerprint("machine", two));
  EXPECT_NE(machine_fingerprint("machine", one), machine_fingerprint("other", one));
  EXPECT_EQ(machine_fingerprint("machine", one).find("machine"), std::string::npos);
}

}  // namespace
}  // namespace warder::agent
