#include "manager/search/saved_searches.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

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
  return {name, "events", {"severity>=high", "24h", "host.name,type", "rank", ""}, is_shared};
}

/// With every page, unless others are named.
SearchRights rights(bool may_share, std::set<std::string_view> read = {"*"}) {
  return {[read = std::move(read)](std::string_view right) { return read.contains("*") || read.contains(right); },
          may_share};
}

TEST_F(SavedSearchesTest, AreTheirOwnersUntilTheyAreShared) {
  const SavedSearch own = searches.create(sato, draft("mine"), rights(false)).value();
  const SavedSearch shared = searches.create(sato, draft("ours", true), rights(true)).value();
  ASSERT_EQ(searches.list(sato, "", rights(false)).value().size(), 2U);
  ASSERT_EQ(searches.list(mori, "", rights(false)).value().size(), 1U);
  EXPECT_EQ(searches.list(mori, "", rights(false)).value()[0].draft.name, "ours");
  EXPECT_EQ(searches.find(mori, own.id, rights(false)).error().code, ErrorCode::NotFound);
  EXPECT_EQ(searches.find(mori, shared.id, rights(false)).value().draft.state.filter, "severity>=high");
  EXPECT_EQ(searches.find(mori, shared.id, rights(false)).value().draft.state.group_by, "host.name,type");
}

TEST_F(SavedSearchesTest, AreChangedByTheirOwnerOrWhoMayShare) {
  const SavedSearch shared = searches.create(sato, draft("ours", true), rights(true)).value();
  const SavedSearch own = searches.create(sato, draft("mine"), rights(false)).value();
  EXPECT_EQ(searches.update(mori, shared.id, "*", draft("theirs", true), rights(false)).error().code,
            ErrorCode::Forbidden);
  EXPECT_EQ(searches.remove(mori, own.id, "*", rights(true)).error().code, ErrorCode::NotFound);
  EXPECT_EQ(searches.update(sato, own.id, "*", draft("mine", true), rights(false)).error().code, ErrorCode::Forbidden);
  const SavedSearch changed = searches.update(mori, shared.id, "\"1\"", draft("theirs", true), rights(true)).value();
  EXPECT_EQ(changed.owner, "user:sato");
  EXPECT_FALSE(searches.update(sato, shared.id, "\"1\"", draft("again", true), rights(true)));
  ASSERT_TRUE(searches.remove(sato, shared.id, "\"2\"", rights(false)));
  EXPECT_EQ(searches.list(mori, "", rights(false)).value().size(), 0U);
}

TEST_F(SavedSearchesTest, AreRefusedWithTheirPlace) {
  SavedSearchDraft bad = draft("x");
  bad.state.filter = "severity>=";
  EXPECT_EQ(searches.create(sato, bad, rights(true)).error().message.substr(0, 7), "/filter");
  bad = draft("x");
  bad.state.group_by = "nothing";
  EXPECT_EQ(searches.create(sato, bad, rights(true)).error().message.substr(0, 9), "/group_by");
  bad = draft("x");
  bad.state.range = "soon";
  EXPECT_EQ(searches.create(sato, bad, rights(true)).error().message.substr(0, 6), "/range");
  bad = draft("x");
  bad.page = "policies";
  EXPECT_EQ(searches.create(sato, bad, rights(true)).error().message.substr(0, 5), "/page");
  bad = draft("x");
  bad.state.rest = "color=red";
  EXPECT_EQ(searches.create(sato, bad, rights(true)).error().message.substr(0, 6), "/query");
  EXPECT_EQ(searches.create(sato, draft(" "), rights(true)).error().message.substr(0, 5), "/name");
  EXPECT_EQ(searches.create(sato, draft("x", true), rights(false)).error().code, ErrorCode::Forbidden);
}

TEST_F(SavedSearchesTest, LeaveAnAuditEntryForEachChange) {
  const SavedSearch made = searches.create(sato, draft("mine"), rights(false)).value();
  ASSERT_TRUE(searches.update(sato, made.id, "*", draft("other"), rights(false)));
  ASSERT_TRUE(searches.remove(sato, made.id, "*", rights(false)));
  std::vector<std::string> actions;
  const AuditPage page = audit.list(sato, {}).value();
  for (const AuditEntry& entry : page.items) actions.push_back(entry.record.action);
  EXPECT_EQ(actions, (std::vector<std::string>{"saved-search.delete", "saved-search.update", "saved-search.create"}));
}

TEST_F(SavedSearchesTest, AreSeenByThoseWhoMayReadTheirPage) {
  const SearchRights all = rights(true);
  const auto of = [](std::string page, SearchState state) {
    return SavedSearchDraft{page + " view", page, std::move(state), true};
  };
  const SavedSearch fleet =
      searches.create(sato, of("fleet", {.filter = "os:debian", .rest = "state=offline"}), all).value();
  for (const std::string page : {"events", "alerts", "incidents", "audit"})
    ASSERT_TRUE(searches.create(sato, of(page, {}), all)) << page;
  EXPECT_EQ(searches.list(mori, "", all).value().size(), 5U);
  const auto hosts_only = searches.list(mori, "", rights(false, {"agents:read"})).value();
  ASSERT_EQ(hosts_only.size(), 1U);
  EXPECT_EQ(hosts_only[0].draft, fleet.draft);
  const auto audit_only = searches.list(mori, "audit", all).value();
  ASSERT_EQ(audit_only.size(), 1U);
  EXPECT_EQ(audit_only[0].draft.page, "audit");
  const SearchRights no_hosts = rights(true, {"events:read"});
  EXPECT_EQ(searches.find(mori, fleet.id, no_hosts).error().code, ErrorCode::NotFound);
  EXPECT_EQ(searches.update(mori, fleet.id, "*", fleet.draft, no_hosts).error().code, ErrorCode::NotFound);
  EXPECT_EQ(searches.remove(mori, fleet.id, "*", no_hosts).error().code, ErrorCode::NotFound);
  EXPECT_EQ(searches.create(mori, fleet.draft, no_hosts).error().code, ErrorCode::Forbidden);
}

TEST_F(SavedSearchesTest, StayOfTheirPage) {
  const SavedSearch made = searches.create(sato, draft("mine"), rights(false)).value();
  SavedSearchDraft moved = draft("mine");
  moved.page = "fleet";
  moved.state = {};
  EXPECT_EQ(searches.update(sato, made.id, "*", moved, rights(false)).error().message.substr(0, 5), "/page");
}

TEST(SavedSearchesBefore, AreOfEventsAndKeepWhatTheyHad) {
  FeatureSchema before = search_schema();
  before.migrations.erase(before.migrations.begin() + 1, before.migrations.end());
  before.fields.erase(before.fields.begin() + 9, before.fields.end());
  TestTenants tenants{{audit_schema(), before}};
  tenants.alter(
      "INSERT INTO saved_searches VALUES ('0190c0de-0000-7000-8000-00000000000a', 'old', 'severity>=high', "
      "'24h', 'type', 1, 'user:sato', 0, 3)");
  const auto later = Tenants::create(tenants.options({audit_schema(), search_schema()}), tenants.keys()).value();
  warder::testing::ManualClock clock;
  AuditLog audit{*later, clock};
  SavedSearches searches{*later, audit, clock};
  const TenantScope scope = ScopeMaker{*later}.make(tenants.scope().tenant(), "user:mori").value();
  const auto all = searches.list(scope, "events", rights(false)).value();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].draft, (SavedSearchDraft{"old", "events", {"severity>=high", "24h", "type", "", ""}, true}));
  EXPECT_EQ(all[0].version, 3);
}

TEST(SearchSchema, IsWhole) {
  const std::vector<FeatureSchema> schemas{search_schema()};
  EXPECT_TRUE(check_schemas(schemas));
}

}  // namespace
}  // namespace warder::manager
