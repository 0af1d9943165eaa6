// A manager that keeps to its audit log, and those that do not.
#include "agent/audit_witness.h"

#include <gtest/gtest.h>

#include "agent/testing.h"
#include "base/file.h"

namespace warder::agent {
namespace {

/// A manager's list, as far as an agent hears of it.
class List {
 public:
  explicit List(const std::string& origin) : origin_(origin) {}
  List& append(const std::string& leaf) {
    for (const auto& completed : edge_.append(crypto::merkle_leaf(as_bytes(leaf))))
      nodes_[{completed.node.level, completed.node.index}] = completed.hash;
    return *this;
  }
  [[nodiscard]] protocol::AuditCheckpoint offer(std::uint64_t from = 0) const {
    protocol::AuditCheckpoint offered;
    offered.set_key(crypto::NoteKey{origin_, key.public_key()}.text());
    offered.set_note(crypto::sign_checkpoint({origin_, {edge_.size(), edge_.root()}}, key).value());
    if (from == 0) return offered;
    offered.set_from(from);
    const auto read = [this](const crypto::MerkleNode& node) -> Result<crypto::Digest> {
      return nodes_.at({node.level, node.index});
    };
    const auto proof = crypto::prove_consistency(from, edge_.size(), read).value();
    for (const crypto::Digest& hash : proof) offered.add_proof(hash.data(), hash.size());
    return offered;
  }

  crypto::SigningKey key = crypto::SigningKey::generate();

 private:
  std::string origin_;
  crypto::MerkleEdge edge_;
  std::map<std::pair<unsigned, std::uint64_t>, crypto::Digest> nodes_;
};

class AuditWitnessTest : public ::testing::Test {
 protected:
  AuditWitnessTest() { reopen(); }
  void reopen() { witness_ = AuditWitness::open(folder(), tenant_).value(); }
  [[nodiscard]] std::filesystem::path folder() const { return directory_.path() / "audit"; }
  [[nodiscard]] List list(int entries) const {
    List made(origin_);
    if (key_) made.key = *crypto::SigningKey::from_seed(*key_);
    for (int i = 0; i < entries; ++i) made.append("entry " + std::to_string(i));
    return made;
  }
  /// What is wrong with the offer; empty: nothing.
  std::string take(const protocol::AuditCheckpoint& offered) {
    const auto fork = witness_->take(offered, now_);
    EXPECT_TRUE(fork) << fork.error().message;
    return fork && *fork ? (*fork)->reason : "";
  }
  std::string stored(const char* name) { return read_file(folder() / name).value_or(""); }

  testing::Directory directory_;
  TenantId tenant_;
  std::string origin_ = "warder.audit/" + tenant_.text();
  std::optional<Bytes> key_ = crypto::SigningKey::generate().seed();
  std::unique_ptr<AuditWitness> witness_;
  AuditWitness::Time now_{};
};

TEST_F(AuditWitnessTest, RemembersWhatItSawFirstAndWhatGoesOnFromThere) {
  EXPECT_EQ(witness_->held(), 0U);
  EXPECT_EQ(take({}), "") << "a manager with an empty list";
  EXPECT_EQ(take(list(3).offer()), "");
  EXPECT_EQ(witness_->held(), 3U);
  EXPECT_EQ(stored("checkpoint"), list(3).offer().note());
  EXPECT_EQ(take(list(3).offer(3)), "");
  reopen();
  EXPECT_EQ(witness_->held(), 3U);
  EXPECT_EQ(take(list(8).offer(3)), "");
  EXPECT_EQ(witness_->held(), 8U);
  EXPECT_EQ(stored("checkpoint"), list(8).offer().note());
  EXPECT_FALSE(witness_->is_forked());
  EXPECT_FALSE(std::filesystem::exists(folder() / "fork"));
}

TEST_F(AuditWitnessTest, HasASoundNoteOnlyWhileNothingContradictsIt) {
  EXPECT_EQ(witness_->sound_note(), "");
  EXPECT_EQ(take(list(3).offer()), "");
  EXPECT_EQ(witness_->sound_note(), stored("checkpoint"));
  EXPECT_EQ(take(list(8).offer()), "") << "no proof yet";
  EXPECT_EQ(witness_->sound_note(), "");
  EXPECT_EQ(take(list(8).offer(3)), "");
  EXPECT_EQ(witness_->sound_note(), list(8).offer().note());
  EXPECT_NE(take(list(2).offer()), "");
  EXPECT_EQ(witness_->sound_note(), "");
}

TEST_F(AuditWitnessTest, FindsEveryOtherList) {
  List edited = list(0);
  for (int i = 0; i < 8; ++i) edited.append(i == 2 ? "innocent" : "entry " + std::to_string(i));
  List edited_same = list(4).append("innocent");
  List other_key = list(8);
  other_key.key = crypto::SigningKey::generate();
  protocol::AuditCheckpoint wrong_signature = list(8).offer(5);
  wrong_signature.set_note(other_key.offer().note());
  protocol::AuditCheckpoint short_proof = list(8).offer(5);
  short_proof.mutable_proof()->RemoveLast();
  protocol::AuditCheckpoint odd_proof = list(8).offer(5);
  odd_proof.mutable_proof(0)->pop_back();
  protocol::AuditCheckpoint long_proof = list(8).offer(5);
  for (int i = 0; i < 1000; ++i) long_proof.add_proof(std::string(32, 'x'));
  protocol::AuditCheckpoint nonsense = list(8).offer(5);
  nonsense.set_note("\xff nonsense");
  const std::vector<std::tuple<std::string, protocol::AuditCheckpoint, std::string>> cases = {
      {"edited", edited.offer(5), "its first 5 entries are others"},
      {"edited, same size", edited_same.offer(5), "its 5 entries are others"},
      {"cut", list(4).offer(), "it has 4 entries, and had 5"},
      {"emptied", {}, "it has no checkpoint any more, and had one of 5 entries"},
      {"another key", other_key.offer(5), "it is signed with another key"},
      {"another key's signature", wrong_signature, "its signature is wrong"},
      {"short proof", short_proof, "its first 5 entries are others"},
      {"hash cut", odd_proof, "its first 5 entries are others"},
      {"long proof", long_proof, "its first 5 entries are others"},
      {"nonsense", nonsense, "its signature is wrong"},
  };
  for (const auto& [name, offered, reason] : cases) {
    SCOPED_TRACE(name);
    std::filesystem::remove_all(folder());
    reopen();
    ASSERT_EQ(take(list(5).offer()), "");
    const auto fork = witness_->take(offered, now_).value();
    ASSERT_TRUE(fork);
    EXPECT_EQ(fork->reason, reason);
    EXPECT_EQ(fork->held, list(5).offer().note());
    EXPECT_EQ(stored("fork"), offered.note());
    EXPECT_TRUE(witness_->is_forked());
    EXPECT_EQ(witness_->held(), 5U);
    EXPECT_EQ(stored("checkpoint"), list(5).offer().note()) << "what it remembers stays";
    reopen();
    EXPECT_EQ(take(offered), reason) << "after a restart, too";
  }
}

TEST_F(AuditWitnessTest, SaysItOnceADayWhileItLasts) {
  ASSERT_EQ(take(list(5).offer()), "");
  EXPECT_NE(take(list(4).offer()), "");
  EXPECT_EQ(take(list(4).offer()), "");
  EXPECT_EQ(take(list(3).offer()), "");
  now_ += std::chrono::hours{24};
  EXPECT_NE(take(list(4).offer()), "");
  EXPECT_EQ(take(list(6).offer(5)), "") << "the right list is back";
  EXPECT_FALSE(witness_->is_forked());
  EXPECT_NE(take(list(4).offer()), "");
}

TEST_F(AuditWitnessTest, AnAnswerWithoutItsProofIsNotRememberedAndABadSignInTheLongRun) {
  ASSERT_EQ(take(list(5).offer()), "");
  EXPECT_EQ(take(list(8).offer()), "") << "the answer to a heartbeat from before there was something";
  EXPECT_EQ(witness_->held(), 5U);
  EXPECT_EQ(take(list(8).offer(5)), "");
  EXPECT_EQ(witness_->held(), 8U);
  EXPECT_EQ(take(list(9).offer(5)), "");
  EXPECT_EQ(take(list(9).offer(5)), "");
  EXPECT_EQ(take(list(9).offer(5)), "it does not prove that it begins with the same 8 entries");
  EXPECT_EQ(witness_->held(), 8U);
}

TEST_F(AuditWitnessTest, AFirstOfferOfAnotherLogIsNotRemembered) {
  for (const std::string& origin : {"warder.audit/" + std::string(36, '1'), std::string("x")})
    EXPECT_FALSE(witness_->take(List(origin).append("a").offer(), now_));
  protocol::AuditCheckpoint forged = list(3).offer();
  forged.set_note(List(origin_).append("a").offer().note());
  EXPECT_FALSE(witness_->take(forged, now_));
  forged.set_key("no key");
  EXPECT_FALSE(witness_->take(forged, now_));
  EXPECT_EQ(witness_->held(), 0U);
  EXPECT_EQ(stored("key"), "");
}

TEST_F(AuditWitnessTest, DamagedFilesAreSaidAndPutAside) {
  ASSERT_EQ(take(list(5).offer()), "");
  ASSERT_TRUE(write_file_atomically(folder() / "checkpoint", "garbage"));
  reopen();
  EXPECT_TRUE(witness_->is_damaged());
  EXPECT_EQ(witness_->held(), 0U);
  EXPECT_EQ(stored("checkpoint.damaged"), "garbage");
  List other_key = list(8);
  other_key.key = crypto::SigningKey::generate();
  EXPECT_EQ(take(other_key.offer()), "it is signed with another key") << "the key is pinned all the same";
  reopen();
  EXPECT_FALSE(witness_->is_damaged());
  EXPECT_EQ(take(other_key.offer()), "it is signed with another key");
  ASSERT_TRUE(write_file_atomically(folder() / "key", "garbage"));
  reopen();
  EXPECT_TRUE(witness_->is_damaged());
  EXPECT_EQ(take(list(5).offer()), "");
}

TEST_F(AuditWitnessTest, AnotherTenantBeginsAnew) {
  ASSERT_EQ(take(list(5).offer()), "");
  tenant_ = TenantId{UuidGenerator(&fill_random).next(Timestamp{})};
  origin_ = "warder.audit/" + tenant_.text();
  reopen();
  EXPECT_FALSE(witness_->is_damaged());
  EXPECT_EQ(witness_->held(), 0U);
  EXPECT_EQ(take(list(3).offer()), "");
  reopen();
  EXPECT_EQ(witness_->held(), 3U);
}

}  // namespace
}  // namespace warder::agent
