#include "manager/audit/audit_log.h"

#include <gtest/gtest.h>

#include "host/testing/clock.h"
#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

class AuditLogTest : public ::testing::Test {
 protected:
  void append(int count) {
    for (int i = 1; i <= count; ++i) {
      const auto entry = log_.append(scope_, i % 2 == 0 ? "policy.update" : "session.login",
                                     "object:" + std::to_string(i), AuditOutcome::Success, {{"n", i}});
      ASSERT_TRUE(entry) << entry.error().message;
      EXPECT_EQ(entry->index, i);
    }
  }
  void tamper(std::string_view sql) {
    const auto db = tenants_->config(scope_).acquire().value();
    ASSERT_TRUE(db->execute(sql));
  }
  AuditVerification verify() { return log_.verify(scope_).value(); }

  TestTenants tenants_{{audit_schema()}};
  warder::testing::ManualClock clock_;
  AuditLog log_{*tenants_, clock_};
  TenantScope scope_ = tenants_.scope("user:1");
};

TEST_F(AuditLogTest, KeepsWhatWasAppended) {
  append(1);
  const AuditEntry entry = log_.list(scope_, {})->items.at(0);
  EXPECT_EQ(entry.actor, "user:1");
  EXPECT_EQ(entry.time, clock_.now());
  EXPECT_EQ(entry.record.object, "object:1");
  EXPECT_EQ(entry.record.detail, (boost::json::object{{"n", 1}}));
}

TEST_F(AuditLogTest, ListsNewestFirstInPages) {
  append(5);
  std::vector<std::int64_t> indexes;
  AuditQuery query;
  query.limit = 2;
  for (int pages = 0; pages < 5; ++pages) {
    const auto page = log_.list(scope_, query);
    ASSERT_TRUE(page);
    for (const AuditEntry& entry : page->items) indexes.push_back(entry.index);
    if (!page->next_cursor) break;
    query.cursor = *page->next_cursor;
  }
  EXPECT_EQ(indexes, (std::vector<std::int64_t>{5, 4, 3, 2, 1}));
  EXPECT_EQ(log_.list(scope_, {100, "", "policy.update"})->items.size(), 2U);
  EXPECT_EQ(log_.list(scope_, {100, "x", ""}).error().code, ErrorCode::Invalid);
}

TEST_F(AuditLogTest, AnIntactListVerifies) {
  EXPECT_TRUE(verify().intact);
  append(4);
  EXPECT_TRUE(verify().intact);
  EXPECT_EQ(verify().entries, 4);
}

TEST_F(AuditLogTest, WhatIsSignedMeanwhileIsNoTampering) {
  {
    const auto db = tenants_->config(scope_).acquire().value();
    Tx transaction = Tx::begin(*db).value();
    for (int i = 0; i < 1500; ++i)
      ASSERT_TRUE(log_.append_in(*db, scope_, {"policy.update", "object", AuditOutcome::Success, {}}));
    ASSERT_TRUE(transaction.commit());
  }
  const AuditVerification found =
      log_.verify(scope_, [this] { return log_.make_checkpoint(scope_).has_value(); }).value();
  EXPECT_TRUE(found.intact) << found.detail;
  EXPECT_EQ(found.checkpoints, 2);
}

TEST_F(AuditLogTest, FindsEveryTampering) {
  struct Case {
    std::string_view name;
    std::string_view sql;
    std::int64_t first_bad;
  };
  const std::vector<Case> cases = {
      {"changed hash", "UPDATE audit SET hash = (SELECT hash FROM audit WHERE entry = 1) WHERE entry = 3", 3},
      {"changed text", "UPDATE audit SET actor = 'user:2' WHERE entry = 3", 3},
      {"changed time", "UPDATE audit SET time = time + 1 WHERE entry = 2", 2},
      {"changed detail", "UPDATE audit SET detail = '{\"n\":9}' WHERE entry = 4", 4},
      {"bad outcome", "UPDATE audit SET outcome = 'fine' WHERE entry = 4", 4},
      {"removed", "DELETE FROM audit WHERE entry = 2", 2},
      {"cut off", "DELETE FROM audit WHERE entry = 5", 5},
      {"emptied", "DELETE FROM audit", 1},
      {"head set back", "UPDATE audit_head SET entries = 4, last_hash = (SELECT hash FROM audit WHERE entry = 4)", 6},
      {"head removed", "DELETE FROM audit_head", 6},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    TestTenants tenants{{audit_schema()}};
    AuditLog log{*tenants, clock_};
    const TenantScope scope = tenants.scope();
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(log.append(scope, "a", "b", AuditOutcome::Denied));
    ASSERT_TRUE(tenants->config(scope).acquire().value()->execute(c.sql));
    const auto verified = log.verify(scope);
    ASSERT_TRUE(verified) << verified.error().message;
    EXPECT_FALSE(verified->intact);
    EXPECT_EQ(verified->first_bad_index, c.first_bad) << verified->detail;
  }
}

TEST_F(AuditLogTest, ARolledBackChangeLeavesNoEntry) {
  append(1);
  {
    auto db = tenants_->config(scope_).acquire();
    const auto transaction = Tx::begin(**db);
    ASSERT_TRUE(log_.append_in(**db, scope_, {"a", "b", AuditOutcome::Success, {}}));
  }
  EXPECT_EQ(verify().entries, 1);
  EXPECT_TRUE(verify().intact);
}

TEST(Audit, EveryColumnHasAPersonalDataClass) {
  const auto checked = check_schemas(std::vector{audit_schema()});
  EXPECT_TRUE(checked) << checked.error().message;
}

}  // namespace
}  // namespace warder::manager
