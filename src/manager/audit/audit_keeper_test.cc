// The attackers of audit_tree_test.cc again, and nobody who asks for a verification.
#include "manager/audit/audit_keeper.h"

#include <gtest/gtest.h>

#include "base/testing/log.h"
#include "host/testing/clock.h"
#include "manager/audit/audit_chain.h"
#include "manager/audit/audit_rows.h"
#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

class AuditKeeperTest : public ::testing::Test {
 protected:
  AuditKeeperTest() { make_keeper(); }
  /// As after a restart of the manager.
  void make_keeper() {
    keeper_.reset();
    keeper_ = std::make_unique<AuditKeeper>(
        AuditKeeper::Parts{*tenants_, scopes_, audit_, clock_, log_, metrics_},
        AuditKeeperOptions{std::chrono::seconds(10), std::chrono::hours(24), std::chrono::milliseconds(0)},
        [this](const TenantScope& scope, const AuditFinding& finding) { told_.emplace_back(scope.tenant(), finding); });
  }
  void append(const TenantScope& scope, int count) {
    for (int i = 0; i < count; ++i) ASSERT_TRUE(audit_.append(scope, "a", "b", AuditOutcome::Success));
  }
  void execute(const std::string& sql) { ASSERT_TRUE(tenants_->config(scope_).acquire().value()->execute(sql)) << sql; }
  bool has_metric(const std::string& line) { return metrics_.text().find(line + "\n") != std::string::npos; }
  Bytes key() { return tenants_->derive_key(scope_, "audit-head"); }
  /// Root with all keys: cuts the list to `size` entries, one of which it changes, and has all of it fit together.
  void forge(std::int64_t size, std::int64_t victim) {
    std::vector<AuditEntry> entries;
    for (std::int64_t index = 1; index <= size; ++index) entries.push_back(audit_.find(scope_, index).value());
    const auto db = tenants_->config(scope_).acquire().value();
    Tx transaction = Tx::begin(*db).value();
    for (const char* table : {"audit", "audit_nodes", "audit_checkpoints"})
      ASSERT_TRUE(db->execute("DELETE FROM " + std::string{table}));
    AuditHead forged;
    for (AuditEntry& entry : entries) {
      if (entry.index == victim) entry.actor = "user:innocent";
      const std::string leaf = audit_leaf(entry);
      entry.hash = forged.last = audit_hash(forged.last, leaf);
      ASSERT_TRUE(append_to_tree(*db, forged.edge, leaf));
      ASSERT_TRUE(write_audit_entry(*db, entry));
    }
    forged.entries = size;
    ASSERT_TRUE(write_audit_head(*db, key(), forged));
    ASSERT_TRUE(transaction.commit());
    ASSERT_TRUE(audit_.make_checkpoint(scope_));
  }

  TestTenants tenants_{{audit_schema()}};
  warder::testing::ManualClock clock_;
  AuditLog audit_{*tenants_, clock_};
  ScopeMaker scopes_{*tenants_};
  warder::testing::RecordingLog log_;
  Metrics metrics_;
  std::vector<std::pair<TenantId, AuditFinding>> told_;
  std::unique_ptr<AuditKeeper> keeper_;
  TenantScope scope_ = tenants_.scope("user:1");
};

TEST_F(AuditKeeperTest, SignsWhatCameInForEachTenant) {
  const TenantScope other = tenants_.scope_of(tenants_->add("other", clock_.now()).value().id);
  append(scope_, 3);
  append(other, 2);
  keeper_->work();
  EXPECT_EQ(audit_.checkpoint(scope_)->entries, 3);
  EXPECT_EQ(audit_.checkpoint(other)->entries, 2);
  append(other, 1);
  keeper_->work();
  EXPECT_EQ(audit_.checkpoint(scope_)->entries, 3);
  EXPECT_EQ(audit_.checkpoint(other)->entries, 3);
  EXPECT_TRUE(told_.empty());
  EXPECT_TRUE(log_.ids.empty());
}

TEST_F(AuditKeeperTest, SignsWhatAnEarlierProcessLeft) {
  append(scope_, 3);
  audit_.take_changed();
  keeper_->work();
  EXPECT_EQ(audit_.checkpoint(scope_)->entries, 3);
}

TEST_F(AuditKeeperTest, WorksInAThreadOfItsOwn) {
  append(scope_, 1);
  keeper_->start();
  while (!has_metric("warder_audit_verifications_total 1")) std::this_thread::yield();
  keeper_->verify_soon();
  while (!has_metric("warder_audit_verifications_total 2")) std::this_thread::yield();
  EXPECT_EQ(audit_.checkpoint(scope_)->entries, 1);
}

TEST_F(AuditKeeperTest, FindsWhatWasDoneToTheRows) {
  struct Case {
    std::string name;
    std::vector<std::string> sql;
    std::int64_t entry;
  };
  const std::vector<Case> cases = {
      {"edited", {"UPDATE audit SET actor = 'user:2' WHERE entry = 4"}, 4},
      {"deleted", {"DELETE FROM audit WHERE entry = 3"}, 3},
      {"last deleted", {"DELETE FROM audit WHERE entry = 5"}, 5},
      {"reordered",
       {"UPDATE audit SET entry = 99 WHERE entry = 2", "UPDATE audit SET entry = 2 WHERE entry = 3",
        "UPDATE audit SET entry = 3 WHERE entry = 99"},
       2},
      {"checkpoint edited", {"UPDATE audit_checkpoints SET note = 'x'"}, 5},
      {"emptied", {"DELETE FROM audit", "DELETE FROM audit_nodes", "DELETE FROM audit_checkpoints"}, 1},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const Tenant tenant = tenants_->add("t-" + std::to_string(&c - cases.data()), clock_.now()).value();
    const TenantScope scope = tenants_.scope_of(tenant.id);
    append(scope, 5);
    keeper_->work();
    ASSERT_TRUE(told_.empty());
    for (const std::string& sql : c.sql) ASSERT_TRUE(tenants_->config(scope).acquire().value()->execute(sql)) << sql;
    clock_.advance(std::chrono::hours(23));
    keeper_->work();
    EXPECT_TRUE(told_.empty()) << "not yet due";
    clock_.advance(std::chrono::hours(1));
    keeper_->work();
    ASSERT_EQ(told_.size(), 1U);
    EXPECT_EQ(told_.front().first, tenant.id);
    EXPECT_EQ(told_.front().second.entry, c.entry) << told_.front().second.detail;
    EXPECT_EQ(keeper_->finding(tenant.id), told_.front().second);
    EXPECT_TRUE(has_metric("warder_audit_broken 1"));
    keeper_->work();
    EXPECT_EQ(told_.size(), 1U) << "once with each verification";
    ASSERT_TRUE(tenants_->config(scope).acquire().value()->execute("DELETE FROM audit_head"));
    for (const char* table : {"audit", "audit_nodes", "audit_checkpoints", "audit_key"})
      ASSERT_TRUE(tenants_->config(scope).acquire().value()->execute("DELETE FROM " + std::string{table}));
    make_keeper();
    told_.clear();
  }
}

TEST_F(AuditKeeperTest, FindsAtTheStartWhatWasDoneWhileItWasAway) {
  append(scope_, 5);
  keeper_->work();
  execute("DELETE FROM audit WHERE entry = 2");
  make_keeper();
  keeper_->work();
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_.front().second.entry, 2);
}

TEST_F(AuditKeeperTest, SaysAgainWithEachVerificationWhatIsStillSo) {
  append(scope_, 5);
  execute("DELETE FROM audit WHERE entry = 2");
  for (std::size_t times = 1; times <= 3; ++times) {
    keeper_->work();
    EXPECT_EQ(told_.size(), times);
    clock_.advance(std::chrono::hours(24));
  }
}

TEST_F(AuditKeeperTest, AChangedHeadIsFoundWithTheNextEntry) {
  append(scope_, 5);
  keeper_->work();
  execute("UPDATE audit_head SET mac = last_hash");
  append(scope_, 1);
  keeper_->work();
  ASSERT_EQ(told_.size(), 1U);
  append(scope_, 1);
  keeper_->work();
  EXPECT_EQ(told_.size(), 1U) << "not with every entry";
}

TEST_F(AuditKeeperTest, AVerificationOnDemandIsNoted) {
  append(scope_, 5);
  keeper_->work();
  execute("DELETE FROM audit WHERE entry = 2");
  for (int i = 0; i < 2; ++i) keeper_->note(scope_, audit_.verify(scope_).value());
  ASSERT_EQ(told_.size(), 1U) << "once, however often somebody asks";
  EXPECT_EQ(told_.front().second.entry, 2);
}

TEST_F(AuditKeeperTest, WhoMakesAllAnewIsFoundByWhatIsRemembered) {
  append(scope_, 7);
  keeper_->work();
  forge(7, 3);
  ASSERT_TRUE(audit_.verify(scope_)->intact);
  append(scope_, 1);
  keeper_->work();
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_.front().second.detail, "the first 7 entries are not those signed before");
  keeper_->note(scope_, audit_.verify(scope_).value());
  EXPECT_TRUE(keeper_->finding(scope_.tenant())) << "it stays";
  EXPECT_TRUE(has_metric("warder_audit_broken 1"));
  append(scope_, 1);
  keeper_->work();
  EXPECT_EQ(told_.size(), 1U);
  clock_.advance(std::chrono::hours(24));
  keeper_->work();
  EXPECT_EQ(told_.size(), 2U);
}

TEST_F(AuditKeeperTest, WhoCutsTheListIsFoundWithoutANewEntry) {
  append(scope_, 7);
  keeper_->work();
  forge(6, 0);
  clock_.advance(std::chrono::hours(24));
  keeper_->work();
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_.front().second.detail, "the list is shorter than it was: 7");
  EXPECT_EQ(told_.front().second.entry, 7);
}

TEST_F(AuditKeeperTest, AnotherKeyIsFound) {
  append(scope_, 7);
  keeper_->work();
  execute("DELETE FROM audit_key");
  forge(7, 3);
  append(scope_, 1);
  keeper_->work();
  ASSERT_EQ(told_.size(), 1U);
  EXPECT_EQ(told_.front().second.detail, "a checkpoint is not signed with the key of this list");
}

TEST_F(AuditKeeperTest, AVerificationIsInPagesAndCanBeEnded) {
  const auto db = tenants_->config(scope_).acquire().value();
  Tx transaction = Tx::begin(*db).value();
  for (int i = 0; i < 2500; ++i) ASSERT_TRUE(audit_.append_in(*db, scope_, {"a", "b", AuditOutcome::Success, {}}));
  ASSERT_TRUE(transaction.commit());
  int pauses = 0;
  EXPECT_TRUE(audit_.verify(scope_, [&] { return ++pauses > 0; })->intact);
  EXPECT_EQ(pauses, 2);
  EXPECT_EQ(audit_.verify(scope_, [] { return false; }).error().code, ErrorCode::Unavailable);
}

}  // namespace
}  // namespace warder::manager
