// What agents say of the list is kept when it is right, and nothing else.
#include <gtest/gtest.h>

#include "base/random.h"
#include "host/testing/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

class AuditWitnessesTest : public ::testing::Test {
 protected:
  struct Agent {
    AgentId id{UuidGenerator{fill_random}.next(from_micros(1))};
    crypto::SigningKey key = crypto::SigningKey::generate();
    [[nodiscard]] std::string name() const { return audit_witness_name(id); }
    [[nodiscard]] crypto::WitnessKey witness() const { return {name(), key.public_key()}; }
  };
  AuditCheckpoint grow() {
    EXPECT_TRUE(log_.append(scope_, "policy.update", "policy:1", AuditOutcome::Success));
    return log_.make_checkpoint(scope_).value();
  }
  AuditCosignature word(const Agent& agent, const AuditCheckpoint& of, std::int64_t seconds = 100) {
    return {agent.witness().text(), of.entries,
            crypto::cosign(of.note, agent.name(), agent.key, from_micros(seconds * 1'000'000)).value()};
  }
  ErrorCode refusal(const Agent& agent, const AuditCosignature& said) {
    const auto taken = log_.take_cosignature(scope_, agent.id, said);
    EXPECT_FALSE(taken);
    return taken ? ErrorCode::Internal : taken.error().code;
  }
  std::vector<AuditWitness> all() { return log_.witnesses(scope_, 100).value(); }

  TestTenants tenants_{{audit_schema()}};
  warder::testing::ManualClock clock_;
  AuditLog log_{*tenants_, clock_};
  TenantScope scope_ = tenants_.scope();
};

TEST_F(AuditWitnessesTest, TheLastOfEachAgentIsKeptWithItsNote) {
  const Agent one;
  const Agent two;
  const AuditCheckpoint first = grow();
  const AuditCheckpoint second = grow();
  ASSERT_TRUE(log_.take_cosignature(scope_, one.id, word(one, first)));
  ASSERT_TRUE(log_.take_cosignature(scope_, two.id, word(two, first)));
  ASSERT_TRUE(log_.take_cosignature(scope_, one.id, word(one, second, 200)));
  ASSERT_EQ(all().size(), 2U);
  const AuditWitness longest = log_.last_witnesses(scope_, 1).value().at(0);
  EXPECT_EQ(longest.agent, one.id);
  EXPECT_EQ(longest.entries, 2);
  EXPECT_EQ(longest.time, from_micros(200'000'000));
  EXPECT_EQ(crypto::open_cosignature(longest.note, one.witness()).value(), longest.time);
  EXPECT_EQ(crypto::open_checkpoint(longest.note, log_.key(scope_).value())->head.size, 2U);
  const auto page = log_.witnesses(scope_, 1).value();
  ASSERT_EQ(page.size(), 1U);
  EXPECT_NE(log_.witnesses(scope_, 1, page[0].agent.text())->at(0).agent, page[0].agent);
}

TEST_F(AuditWitnessesTest, WhatIsNotRightIsNotKept) {
  const Agent agent;
  const Agent other;
  const AuditCheckpoint first = grow();
  const AuditCheckpoint second = grow();
  AuditCosignature wrong = word(agent, first);
  wrong.entries = second.entries;
  EXPECT_EQ(refusal(agent, wrong), ErrorCode::Forbidden) << "of another checkpoint";
  wrong.entries = 7;
  EXPECT_EQ(refusal(agent, wrong), ErrorCode::NotFound) << "of none that was signed";
  EXPECT_EQ(refusal(agent, word(other, first)), ErrorCode::Forbidden) << "another agent's";
  EXPECT_EQ(refusal(agent, {"no key", 1, word(agent, first).line}), ErrorCode::Invalid);
  EXPECT_EQ(refusal(agent, {agent.witness().text(), 1, ""}), ErrorCode::Invalid);
  EXPECT_EQ(refusal(agent, {agent.witness().text(), 1, word(agent, first).line + word(agent, first).line}),
            ErrorCode::Invalid);
  EXPECT_TRUE(all().empty());
}

TEST_F(AuditWitnessesTest, AnAgentKeepsItsKey) {
  Agent agent;
  const AuditCheckpoint first = grow();
  ASSERT_TRUE(log_.take_cosignature(scope_, agent.id, word(agent, first)));
  const crypto::WitnessKey before = agent.witness();
  agent.key = crypto::SigningKey::generate();
  EXPECT_EQ(refusal(agent, word(agent, first)), ErrorCode::Forbidden);
  EXPECT_EQ(all().at(0).key, before);
}

}  // namespace
}  // namespace warder::manager
