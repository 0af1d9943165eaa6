// The tree, its checkpoints and proofs, and the attackers they are for.
#include <gtest/gtest.h>

#include "host/testing/clock.h"
#include "manager/audit/audit_chain.h"
#include "manager/audit/audit_log.h"
#include "manager/audit/audit_rows.h"
#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

class AuditTreeTest : public ::testing::Test {
 protected:
  void append(int count) {
    for (int i = 0; i < count; ++i)
      ASSERT_TRUE(log_.append(scope_, "policy.update", "policy:" + std::to_string(i), AuditOutcome::Success));
  }
  Pool::Lease db() { return tenants_->config(scope_).acquire().value(); }
  void execute(const std::string& sql) { ASSERT_TRUE(db()->execute(sql)); }
  AuditVerification verify() { return log_.verify(scope_).value(); }
  crypto::Checkpoint open(const AuditCheckpoint& checkpoint) {
    return crypto::open_checkpoint(checkpoint.note, log_.key(scope_).value()).value();
  }

  /// Root with the database: changes an entry and makes chain, tree and head anew, so that all of it fits together.
  /// Returns the new head, which lacks the MAC that only the key gives.
  AuditHead forge(std::int64_t victim) {
    auto lease = db();
    Tx transaction = Tx::begin(*lease).value();
    AuditHead head = read_audit_head(*lease, key()).value();
    EXPECT_TRUE(lease->execute("DELETE FROM audit_nodes"));
    AuditHead forged;
    forged.checkpointed = head.checkpointed;
    for (std::int64_t index = 1; index <= head.entries; ++index) {
      AuditEntry entry = log_.find(scope_, index).value();
      if (index == victim) entry.actor = "user:innocent";
      const std::string leaf = audit_leaf(entry);
      entry.hash = forged.last = audit_hash(forged.last, leaf);
      EXPECT_TRUE(append_to_tree(*lease, forged.edge, leaf));
      EXPECT_TRUE(lease->execute("DELETE FROM audit WHERE entry = ?1", {index}));
      EXPECT_TRUE(write_audit_entry(*lease, entry));
    }
    forged.entries = head.entries;
    forged.is_genuine = false;
    EXPECT_TRUE(write_audit_head(*lease, key(), forged));
    EXPECT_TRUE(transaction.commit());
    return forged;
  }
  /// Root with the keys, too: the head gets its MAC, and every checkpoint is signed for the forged list.
  void seal(AuditHead forged) {
    auto lease = db();
    Tx transaction = Tx::begin(*lease).value();
    forged.is_genuine = true;
    EXPECT_TRUE(lease->execute("DELETE FROM audit_checkpoints"));
    forged.checkpointed = 0;
    EXPECT_TRUE(write_audit_head(*lease, key(), forged));
    EXPECT_TRUE(transaction.commit());
    EXPECT_TRUE(log_.make_checkpoint(scope_));
  }
  Bytes key() { return tenants_->derive_key(scope_, "audit-head"); }

  TestTenants tenants_{{audit_schema()}};
  warder::testing::ManualClock clock_;
  AuditLog log_{*tenants_, clock_};
  TenantScope scope_ = tenants_.scope("user:1");
};

TEST_F(AuditTreeTest, ACheckpointSaysWhatTheListIs) {
  EXPECT_EQ(log_.make_checkpoint(scope_).error().code, ErrorCode::NotFound);
  EXPECT_EQ(log_.checkpoint(scope_).error().code, ErrorCode::NotFound);
  append(3);
  const AuditCheckpoint first = log_.make_checkpoint(scope_).value();
  EXPECT_EQ(first.entries, 3);
  EXPECT_EQ(first.time, clock_.now());
  EXPECT_EQ(open(first).origin, "warder.audit/" + scope_.tenant().text());
  EXPECT_EQ(open(first).head, (crypto::MerkleHead{3, verify().root}));
  EXPECT_EQ(log_.make_checkpoint(scope_)->note, first.note) << "nothing new";
  append(2);
  EXPECT_EQ(log_.make_checkpoint(scope_)->entries, 5);
  EXPECT_EQ(log_.checkpoint(scope_)->entries, 5);
  EXPECT_EQ(log_.checkpoint(scope_, 3)->note, first.note);
  EXPECT_EQ(log_.checkpoint(scope_, 4).error().code, ErrorCode::NotFound);
  EXPECT_EQ(log_.checkpoints(scope_, 3, 5)->size(), 1U);
  EXPECT_EQ(verify().checkpoints, 2);
}

TEST_F(AuditTreeTest, TheKeyStaysTheSame) {
  const crypto::NoteKey key = log_.key(scope_).value();
  append(1);
  ASSERT_TRUE(log_.make_checkpoint(scope_));
  tenants_.reopen();
  AuditLog again{*tenants_, clock_};
  EXPECT_EQ(again.key(tenants_.scope()).value(), key);
}

TEST_F(AuditTreeTest, VerificationWritesNothing) {
  append(3);
  EXPECT_TRUE(verify().intact);
  const auto lease = db();
  const StmtHandle statement = lease->prepare("SELECT count(*) FROM audit_key").value();
  EXPECT_EQ(statement->step().value()->integer(0), 0) << "a key is made when something is to be signed";
}

TEST_F(AuditTreeTest, EveryProofVerifies) {
  constexpr int kEntries = 21;
  append(kEntries);
  std::vector<crypto::Digest> roots(1);  // by size; of none there is no use
  crypto::MerkleEdge edge;
  const std::vector<AuditLeaf> leaves = log_.leaves(scope_, 0, 100).value();
  for (const AuditLeaf& leaf : leaves) {
    edge.append(crypto::merkle_leaf(as_bytes(leaf.leaf)));
    roots.push_back(edge.root());
  }
  for (std::int64_t size = 1; size <= kEntries; ++size) {
    const auto at = static_cast<std::uint64_t>(size);
    for (std::int64_t index = 1; index <= size; ++index) {
      const AuditInclusion in = log_.prove_inclusion(scope_, index, size).value();
      EXPECT_EQ(in.entry.index, index);
      EXPECT_TRUE(crypto::is_included(static_cast<std::uint64_t>(index) - 1, crypto::merkle_leaf(as_bytes(in.leaf)), at,
                                      roots[at], in.proof));
      const auto proof = log_.prove_consistency(scope_, index, size).value();
      const auto from = static_cast<std::uint64_t>(index);
      EXPECT_TRUE(crypto::is_consistent({from, roots[from]}, {at, roots[at]}, proof));
    }
  }
  EXPECT_EQ(log_.prove_inclusion(scope_, 1, kEntries + 1).error().code, ErrorCode::NotFound);
  EXPECT_EQ(log_.prove_inclusion(scope_, 2, 1).error().code, ErrorCode::Invalid);
  EXPECT_EQ(log_.prove_inclusion(scope_, 0, 1).error().code, ErrorCode::Invalid);
  EXPECT_EQ(log_.prove_consistency(scope_, 1, kEntries + 1).error().code, ErrorCode::NotFound);
  EXPECT_EQ(log_.prove_consistency(scope_, 2, 1).error().code, ErrorCode::Invalid);
}

TEST_F(AuditTreeTest, ManyEntriesAreSignedWithoutBeingAsked) {
  auto lease = db();
  Tx transaction = Tx::begin(*lease).value();
  for (std::int64_t i = 0; i <= kAuditCheckpointEvery; ++i)
    ASSERT_TRUE(log_.append_in(*lease, scope_, {"a", "b", AuditOutcome::Success, {}}));
  ASSERT_TRUE(transaction.commit());
  EXPECT_EQ(log_.checkpoint(scope_)->entries, kAuditCheckpointEvery);
  EXPECT_TRUE(verify().intact) << verify().detail;
  EXPECT_EQ(log_.take_changed(), std::set{scope_.tenant()});
  EXPECT_TRUE(log_.take_changed().empty());
}

TEST_F(AuditTreeTest, EveryStoredPartIsCompared) {
  struct Case {
    std::string name;
    std::string sql;
    std::int64_t first_bad;
  };
  const std::string zeros = is_on_postgres() ? "decode(repeat('00', 32), 'hex')" : "zeroblob(32)";
  const std::vector<Case> cases = {
      {"node changed", "UPDATE audit_nodes SET hash = " + zeros + " WHERE leaf = 1 AND level = 1", 2},
      {"node removed", "DELETE FROM audit_nodes WHERE leaf = 2", 3},
      {"edge changed", "UPDATE audit_head SET peaks = " + zeros, 6},
      {"edge removed", "UPDATE audit_head SET peaks = NULL", 6},
      {"checkpoint of another list", "UPDATE audit_checkpoints SET entries = 4 WHERE entries = 3", 4},
      {"checkpoint edited", "UPDATE audit_checkpoints SET note = 'x' WHERE entries = 3", 3},
      {"last checkpoint removed", "DELETE FROM audit_checkpoints WHERE entries = 5", 5},
      {"set back to the first checkpoint", "UPDATE audit_head SET checkpointed = 3", 6},
      {"key removed", "DELETE FROM audit_key", 3},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    TestTenants tenants{{audit_schema()}};
    AuditLog log{*tenants, clock_};
    const TenantScope scope = tenants.scope();
    for (int i = 1; i <= 5; ++i) {
      ASSERT_TRUE(log.append(scope, "a", "b", AuditOutcome::Denied));
      if (i == 4) continue;
      ASSERT_TRUE(log.make_checkpoint(scope));
    }
    ASSERT_TRUE(log.verify(scope)->intact);
    ASSERT_TRUE(tenants->config(scope).acquire().value()->execute("DELETE FROM audit_checkpoints WHERE entries < 3"));
    ASSERT_TRUE(log.verify(scope)->intact) << "older checkpoints may be tidied away";
    ASSERT_TRUE(tenants->config(scope).acquire().value()->execute(c.sql));
    const auto verified = log.verify(scope);
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_FALSE(verified->intact);
    EXPECT_EQ(verified->first_bad_index, c.first_bad) << verified->detail;
  }
}

TEST_F(AuditTreeTest, WhoHasTheDatabaseButNotTheKeyIsFound) {
  append(7);
  ASSERT_TRUE(log_.make_checkpoint(scope_));
  const AuditHead forged = forge(3);
  EXPECT_FALSE(verify().intact);
  EXPECT_EQ(verify().first_bad_index, 7) << verify().detail;
  EXPECT_EQ(verify().detail, "the entries are not those that the checkpoint was signed for");
  execute("DELETE FROM audit_checkpoints");
  EXPECT_EQ(verify().detail, "the head of the list was changed");
  EXPECT_EQ(forged.entries, 7);
}

TEST_F(AuditTreeTest, WhatWasForgedIsNeverSignedLater) {
  append(7);
  forge(3);
  EXPECT_EQ(log_.make_checkpoint(scope_).error().code, ErrorCode::Corrupt);
  append(static_cast<int>(kAuditCheckpointEvery) + 1);
  EXPECT_EQ(log_.make_checkpoint(scope_).error().code, ErrorCode::Corrupt);
  EXPECT_EQ(log_.checkpoint(scope_).error().code, ErrorCode::NotFound);
  EXPECT_FALSE(verify().intact);
}

TEST_F(AuditTreeTest, WhoHasEverythingIsFoundByThoseWhoRemember) {
  append(7);
  const crypto::Checkpoint remembered = open(log_.make_checkpoint(scope_).value());
  seal(forge(3));
  append(2);
  const crypto::Checkpoint offered = open(log_.make_checkpoint(scope_).value());
  // All that is left on this host fits together: it takes somebody else's memory.
  ASSERT_TRUE(verify().intact) << verify().detail;
  const auto proof = log_.prove_consistency(scope_, 7, 9).value();
  EXPECT_FALSE(crypto::is_consistent(remembered.head, offered.head, proof));
  // Without the forgery the same steps give a proof that is right.
  EXPECT_TRUE(crypto::is_consistent(open(log_.checkpoint(scope_, 7).value()).head, offered.head, proof));
}

// As a list was before there were trees: chain and MAC alone.
TEST_F(AuditTreeTest, AnOlderListGetsItsTree) {
  append(5);
  const crypto::Digest root = verify().root;
  execute("DELETE FROM audit_nodes");
  Bytes text;
  append_u64be(text, 5);
  warder::append(text, read_audit_head(*db(), key())->last);
  const crypto::Digest mac = crypto::hmac_sha256(key(), text);
  ASSERT_TRUE(db()->execute("UPDATE audit_head SET peaks = NULL, mac = ?1", {Bytes{mac.begin(), mac.end()}}));
  EXPECT_TRUE(verify().intact) << verify().detail;
  EXPECT_EQ(verify().root, root);
  append(1);
  EXPECT_EQ(log_.make_checkpoint(scope_)->entries, 6);
  EXPECT_TRUE(verify().intact) << verify().detail;
}

TEST_F(AuditTreeTest, AnOlderListThatWasChangedStaysBroken) {
  append(5);
  execute("DELETE FROM audit_nodes");
  Bytes text;
  append_u64be(text, 5);
  warder::append(text, read_audit_head(*db(), key())->last);
  const crypto::Digest mac = crypto::hmac_sha256(key(), text);
  ASSERT_TRUE(db()->execute("UPDATE audit_head SET peaks = NULL, mac = ?1", {Bytes{mac.begin(), mac.end()}}));
  execute("DELETE FROM audit WHERE entry = 2");
  execute("UPDATE audit SET outcome = 'fine' WHERE entry = 4");
  append(1);
  EXPECT_FALSE(verify().intact);
  EXPECT_EQ(verify().first_bad_index, 2);
}

}  // namespace
}  // namespace warder::manager
