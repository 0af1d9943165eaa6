#include "manager/search/saved_searches.h"

#include <gtest/gtest.h>

#include "host/testing/clock.h"
#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

struct SavedSearchesTest : ::testing::Test {
  TestTenants tenants{{audit_schema(), search_schema()}};
  warder::testing::ManualClock clock;
  AuditLog audit{*tenants, clock};
  SavedSearches searches{*tenants, audit, clock};
  TenantScope sato = tenants.scope("user:sato");
  TenantScope mori = tenants.scope("user:mori");
};

SavedSearchDraft draft(const std::string& name, bool is_shared = false) {
  return {name, "severity>=high", "24h", "host.name,type", is_shared};
}

TEST_F(SavedSearchesTest, AreTheirOwnersUntilTheyAreShared) {
  const SavedSearch own = searches.create(sato, draft("mine"), false).value();
  const SavedSearch shared = searches.create(sato, draft("ours", true), true).value();
  ASSERT_EQ(searches.list(sato).value().size(), 2U);
  ASSERT_EQ(searches.list(mori).value().size(), 1U);
  EXPECT_EQ(searches.list(mori).value()[0].name, "ours");
  EXPECT_EQ(searches.find(mori, own.id).error().code, ErrorCode::NotFound);
  EXPECT_EQ(searches.find(mori, shared.id).value().filter, "severity>=high");
  EXPECT_EQ(searches.find(mori, shared.id).value().group_by, "host.name,type");
}

TEST_F(SavedSearchesTest, AreChangedByTheirOwnerOrWhoMayShare) {
  const SavedSearch shared = searches.create(sato, draft("ours", true), true).value();
  const SavedSearch own = searches.create(sato, draft("mine"), false).value();
  EXPECT_EQ(searches.update(mori, shared.id, "*", draft("theirs", true), false).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(searches.remove(mori, own.id, "*", true).error().code, ErrorCode::NotFound);
  EXPECT_EQ(searches.update(sato, own.id, "*", draft("mine", true), false).error().code, ErrorCode::Forbidden);
  const SavedSearch changed = searches.update(mori, shared.id, "\"1\"", draft("theirs", true), true).value();
  EXPECT_EQ(changed.owner, "user:sato");
  EXPECT_FALSE(searches.update(sato, shared.id, "\"1\"", draft("again", true), true));
  ASSERT_TRUE(searches.remove(sato, shared.id, "\"2\"", false));
  EXPECT_EQ(searches.list(mori).value().size(), 0U);
}

TEST_F(SavedSearchesTest, AreRefusedWithTheirPlace) {
  SavedSearchDraft bad = draft("x");
  bad.filter = "severity>=";
  EXPECT_EQ(searches.create(sato, bad, true).error().message.substr(0, 7), "/filter");
  bad = draft("x");
  bad.group_by = "nothing";
  EXPECT_EQ(searches.create(sato, bad, true).error().message.substr(0, 9), "/group_by");
  bad = draft("x");
  bad.range = "soon";
  EXPECT_EQ(searches.create(sato, bad, true).error().message.substr(0, 6), "/range");
  EXPECT_EQ(searches.create(sato, draft(" "), true).error().message.substr(0, 5), "/name");
  EXPECT_EQ(searches.create(sato, draft("x", true), false).error().code, ErrorCode::Forbidden);
}

TEST_F(SavedSearchesTest, LeaveAnAuditEntryForEachChange) {
  const SavedSearch made = searches.create(sato, draft("mine"), false).value();
  ASSERT_TRUE(searches.update(sato, made.id, "*", draft("other"), false));
  ASSERT_TRUE(searches.remove(sato, made.id, "*", false));
  std::vector<std::string> actions;
  const AuditPage page = audit.list(sato, {}).value();
  for (const AuditEntry& entry : page.items) actions.push_back(entry.record.action);
  EXPECT_EQ(actions, (std::vector<std::string>{"saved-search.delete", "saved-search.update", "saved-search.create"}));
}

TEST(SearchSchema, IsWhole) {
  const std::vector<FeatureSchema> schemas{search_schema()};
  EXPECT_TRUE(check_schemas(schemas));
}

}  // namespace
}  // namespace warder::manager
