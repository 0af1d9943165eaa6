// What agents hear of the audit log in the answers to their heartbeats.
#include "manager/gateway/audit_answers.h"

#include "manager/audit/audit_rows.h"
#include "manager/gateway/fixture.h"

namespace warder::manager {
namespace {

class AuditAnswersTest : public GatewayTest {
 protected:
  static protocol::Envelope heartbeat(std::uint64_t held) {
    protocol::Envelope envelope;
    envelope.mutable_heartbeat()->set_audit_held(held);
    return envelope;
  }
  protocol::HeartbeatAck beat(testing::WireClient& client, std::uint64_t held) {
    EXPECT_TRUE(client.send(heartbeat(held)));
    const auto answer = client.next();
    EXPECT_TRUE(answer && answer->has_heartbeat_ack());
    return answer ? answer->heartbeat_ack() : protocol::HeartbeatAck{};
  }
  void append(int count) {
    for (int i = 0; i < count; ++i) ASSERT_TRUE(audit_.append(scope_, "a", "b", AuditOutcome::Success));
  }
  crypto::MerkleHead open(const protocol::AuditCheckpoint& offered) {
    return crypto::open_checkpoint(offered.note(), audit_.key(scope_).value()).value().head;
  }
  static std::vector<crypto::Digest> proof_of(const protocol::AuditCheckpoint& offered) {
    std::vector<crypto::Digest> proof;
    for (const std::string& hash : offered.proof()) {
      EXPECT_EQ(hash.size(), 32U);
      std::ranges::copy(as_bytes(hash), proof.emplace_back().begin());
    }
    return proof;
  }
  void become_old() { clock_.advance(AuditAnswers::kFresh); }
};

TEST_F(AuditAnswersTest, AnAgentGetsTheCheckpointAndTheProofFromItsOwn) {
  auto client = connect(enrol());
  EXPECT_FALSE(beat(*client, 0).has_audit()) << "nothing is signed yet";
  append(3);
  ASSERT_TRUE(audit_.make_checkpoint(scope_));
  become_old();
  const protocol::AuditCheckpoint first = beat(*client, 0).audit();
  EXPECT_EQ(first.key(), audit_.key(scope_)->text());
  EXPECT_EQ(first.from(), 0U);
  const crypto::MerkleHead held = open(first);
  append(6);
  ASSERT_TRUE(audit_.make_checkpoint(scope_));
  EXPECT_EQ(open(beat(*client, held.size).audit()).size, held.size) << "as read a moment ago";
  become_old();
  for (int times = 0; times < 2; ++times) {
    const protocol::AuditCheckpoint second = beat(*client, held.size).audit();
    EXPECT_EQ(open(second).size, held.size + 6);
    EXPECT_EQ(second.from(), held.size);
    EXPECT_TRUE(crypto::is_consistent(held, open(second), proof_of(second)));
  }
  const protocol::AuditCheckpoint same = beat(*client, held.size + 6).audit();
  EXPECT_EQ(open(same).size, held.size + 6);
  EXPECT_EQ(same.from(), held.size + 6);
  EXPECT_EQ(same.proof_size(), 0);
}

TEST_F(AuditAnswersTest, WhoHoldsMoreThanWasReadIsAnsweredFromTheDatabase) {
  append(3);
  ASSERT_TRUE(audit_.make_checkpoint(scope_));
  AuditAnswers answers(audit_, clock_);
  const std::uint64_t before = open(answers.answer(scope_, 0).value()).size;
  append(1);
  ASSERT_TRUE(audit_.make_checkpoint(scope_));  // by another manager, which told the agent
  EXPECT_EQ(open(answers.answer(scope_, before + 1).value()).size, before + 1);
}

TEST_F(AuditAnswersTest, AListThatIsGoneIsSaidToThoseWhoHeldIt) {
  append(3);
  ASSERT_TRUE(audit_.make_checkpoint(scope_));
  AuditAnswers answers(audit_, clock_);
  ASSERT_TRUE(answers.answer(scope_, 0));
  ASSERT_TRUE(tenants_->config(scope_).acquire().value()->execute("DELETE FROM audit_checkpoints"));
  become_old();
  EXPECT_FALSE(answers.answer(scope_, 0));
  const auto gone = answers.answer(scope_, 3);
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->note(), "");
}

TEST_F(AuditAnswersTest, ADamagedTreeHasNoProof) {
  append(6);
  ASSERT_TRUE(audit_.make_checkpoint(scope_));
  ASSERT_TRUE(tenants_->config(scope_).acquire().value()->execute("DELETE FROM audit_nodes"));
  const auto answer = AuditAnswers(audit_, clock_).answer(scope_, 2).value();
  EXPECT_FALSE(answer.note().empty());
  EXPECT_EQ(answer.from(), 0U);
}

TEST_F(AuditAnswersTest, TenantsHearOfTheirOwnLogOnly) {
  const TenantScope other = tenants_.scope_of(tenants_->add("other", clock_.now()).value().id);
  append(3);
  ASSERT_TRUE(audit_.append(other, "a", "b", AuditOutcome::Success));
  ASSERT_TRUE(audit_.make_checkpoint(scope_));
  ASSERT_TRUE(audit_.make_checkpoint(other));
  AuditAnswers answers(audit_, clock_);
  EXPECT_EQ(answers.answer(scope_, 0)->key(), audit_.key(scope_)->text());
  EXPECT_EQ(answers.answer(other, 0)->key(), audit_.key(other)->text());
}

TEST_F(AuditAnswersTest, AnOlderAgentHearsNothingOfIt) {
  append(3);
  ASSERT_TRUE(audit_.make_checkpoint(scope_));
  auto client = dial(enrol()).value();
  protocol::Envelope greeting = hello();
  greeting.mutable_hello()->mutable_capabilities()->RemoveLast();
  ASSERT_EQ(protocol::kCapabilities.back(), "witness.v1");
  ASSERT_TRUE(client->send(greeting));
  ASSERT_TRUE(client->next()->has_hello_ack());
  ASSERT_TRUE(client->next()->has_policy());
  EXPECT_FALSE(beat(*client, 0).has_audit());
}

TEST_F(AuditAnswersTest, ACosignatureOfAHeartbeatIsKeptAndAWrongOneIsCounted) {
  const Identity agent = enrol();
  auto client = connect(agent);
  append(3);
  const AuditCheckpoint checkpoint = audit_.make_checkpoint(scope_).value();
  const auto key = crypto::SigningKey::generate();
  const std::string name = audit_witness_name(agent.agent);
  protocol::Envelope message;
  protocol::Heartbeat& heartbeat = *message.mutable_heartbeat();
  heartbeat.set_audit_held(static_cast<std::uint64_t>(checkpoint.entries));
  heartbeat.set_cosigner(crypto::WitnessKey{name, key.public_key()}.text());
  heartbeat.set_cosignature("\xE2\x80\x94 x AAAAAAA=\n");
  ASSERT_TRUE(client->send(message));
  ASSERT_TRUE(client->next()->has_heartbeat_ack());
  heartbeat.set_cosignature(crypto::cosign(checkpoint.note, name, key, clock_.now()).value());
  ASSERT_TRUE(client->send(message));
  ASSERT_TRUE(client->next()->has_heartbeat_ack());
  ASSERT_TRUE(client->send(message));  // its answer comes when the one before is done with
  ASSERT_TRUE(client->next()->has_heartbeat_ack());
  const auto witnesses = audit_.witnesses(scope_, 10).value();
  ASSERT_EQ(witnesses.size(), 1U);
  EXPECT_EQ(witnesses[0].agent, agent.agent);
  EXPECT_NE(metrics_.text().find("warder_gateway_cosignatures_refused_total 1"), std::string::npos) << metrics_.text();
}

}  // namespace
}  // namespace warder::manager
