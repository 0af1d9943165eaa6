// What somebody with a part of the fleet sees and may change: through every store of this folder.
#include "manager/fleet/visibility.h"

#include "manager/fleet/inventory_store.h"
#include "manager/fleet/testing.h"

namespace warder::manager {
namespace {

class VisibilityTest : public FleetTest {
 protected:
  TenantScope within(Reach reach) {
    return ScopeMaker(*tenants_).make(scope_.tenant(), "user:2", {{}, std::move(reach), {}}).value();
  }
  std::vector<std::string> hosts(const TenantScope& scope, std::size_t limit = 100) {
    std::vector<std::string> names;
    PageRequest page{limit, ""};
    while (true) {
      const auto found = agents_.list(scope, {}, page).value();
      for (const Agent& agent : found.items) names.push_back(agent.hostname);
      if (!found.next_cursor) return names;
      page.cursor = *found.next_cursor;
    }
  }
  void tag(const AgentId& id, std::set<std::string> tags) {
    AgentChange change;
    change.tags = std::move(tags);
    ASSERT_TRUE(agents_.update(scope_, id, "*", change));
  }

  Policy hard_ = make_policy("Hardened");
  Group web_ = groups_.create(scope_, {"web", {}, {}}).value();
  Group db_ = groups_.create(scope_, {"db", {}, hard_.id}).value();
  AgentId web1_ = add_agent("web1", web_.id);
  AgentId web2_ = add_agent("web2", web_.id, hard_.id);
  AgentId db1_ = add_agent("db1", db_.id);
  AgentId lone_ = add_agent("lone");
};

using Hosts = std::vector<std::string>;

TEST_F(VisibilityTest, FollowsGroupsPoliciesAndTags) {
  tag(lone_, {"pci"});
  EXPECT_EQ(hosts(scope_), (Hosts{"db1", "lone", "web1", "web2"}));
  EXPECT_EQ(hosts(within({.groups = {web_.id.text()}})), (Hosts{"web1", "web2"}));
  EXPECT_EQ(hosts(within({.policies = {hard_.id.text()}})), (Hosts{"db1", "web2"}));
  EXPECT_EQ(hosts(within({.policies = {policies_.base(scope_).value().id.text()}})), (Hosts{"lone", "web1"}));
  EXPECT_EQ(hosts(within({.tags = {"pci"}})), (Hosts{"lone"}));
  EXPECT_EQ(hosts(within({.groups = {db_.id.text()}, .tags = {"pci"}})), (Hosts{"db1", "lone"}));
  EXPECT_EQ(hosts(within({})), Hosts{});
}

TEST_F(VisibilityTest, PagesAndCountsAreOfWhatIsSeen) {
  const TenantScope web = within({.groups = {web_.id.text()}});
  EXPECT_EQ(hosts(web, 1), (Hosts{"web1", "web2"}));
  EXPECT_EQ(agents_.summary(web).value().agents, 2);
  EXPECT_EQ(agents_.count_by_policy(web).value().at(hard_.id), 1);
  EXPECT_EQ(agents_.summary(scope_).value().agents, 4);
}

TEST_F(VisibilityTest, WhatIsOutsideLooksAsIfItWereNotThere) {
  const TenantScope web = within({.groups = {web_.id.text()}});
  EXPECT_TRUE(agents_.find(web, web1_));
  const auto expect_hidden = [&](auto result) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::NotFound);
    EXPECT_NE(web.refusal().find("outside of the assigned scope"), std::string::npos);
  };
  InventoryStore inventory(*tenants_, clock_);
  expect_hidden(agents_.find(web, db1_));
  expect_hidden(agents_.update(web, db1_, "*", {}));
  expect_hidden(agents_.remove(web, db1_, "*"));
  expect_hidden(commands_.create(web, db1_, {"", "ping", {}}));
  expect_hidden(commands_.list(web, db1_, {}));
  expect_hidden(inventory.lists(web, db1_));
  expect_hidden(inventory.snapshot(web, db1_));
  expect_hidden(groups_.find(web, db_.id));
  expect_hidden(groups_.update(web, db_.id, "*", {"x", {}, {}}));
  expect_hidden(groups_.remove(web, db_.id, "*"));
  expect_hidden(policies_.find(web, hard_.id));
  expect_hidden(policies_.update(web, hard_.id, "*", {}));
  expect_hidden(policies_.remove(web, hard_.id, "*"));
  expect_hidden(policies_.versions(web, hard_.id, {}));
  expect_hidden(policies_.restore(web, hard_.id, 1, "*"));
  expect_hidden(policies_.explain(web, hard_.id));
  EXPECT_EQ(hosts(scope_), (Hosts{"db1", "lone", "web1", "web2"}));
}

TEST_F(VisibilityTest, ListsOfGroupsPoliciesAndInventoryEndWithTheScope) {
  const TenantScope web = within({.groups = {web_.id.text()}, .policies = {hard_.id.text()}});
  const auto groups = groups_.list(within({.groups = {web_.id.text()}}), {}).value().items;
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups.front().name, "web");
  const auto policies = policies_.list(web, {}).value().items;
  ASSERT_EQ(policies.size(), 1U);
  EXPECT_EQ(policies.front().name, "Hardened");

  InventoryStore inventory(*tenants_, clock_);
  for (const AgentId& agent : {web1_, db1_}) {
    const std::vector<inventory::Item> items{{"openssl", "openssl", "3.0", {}}};
    InventoryChange change;
    change.kind = inventory::Kind::Package;
    change.delta.set = items;
    change.digest = to_hex(inventory::digest(items));
    ASSERT_TRUE(inventory.apply(scope_, agent, change));
  }
  const TenantScope only_web = within({.groups = {web_.id.text()}});
  EXPECT_EQ(inventory.list(scope_, inventory::Kind::Package, {}, {}).value().items.size(), 2U);
  EXPECT_EQ(inventory.list(only_web, inventory::Kind::Package, {}, {}).value().items.size(), 1U);
  EXPECT_EQ(inventory.versions(scope_, inventory::Kind::Package, {}, {}).value().items.front().hosts, 2);
  EXPECT_EQ(inventory.versions(only_web, inventory::Kind::Package, {}, {}).value().items.front().hosts, 1);
}

TEST_F(VisibilityTest, NothingIsMovedOutOfTheScopeNorGivenToOthers) {
  const TenantScope web = within({.groups = {web_.id.text()}, .tags = {"pci"}});
  const auto refused = [&](const AgentChange& change) {
    const auto result = agents_.update(web, web1_, "*", change);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::Forbidden);
  };
  AgentChange change;
  change.group = std::optional(db_.id);
  refused(change);
  change.group = std::optional<GroupId>();
  refused(change);
  change = {};
  change.policy = std::optional(hard_.id);
  refused(change);
  change = {};
  change.tags = {"other-teams"};
  refused(change);
  change.tags = {"pci"};
  EXPECT_TRUE(agents_.update(web, web1_, "*", change));
  EXPECT_EQ(groups_.create(web, {"new", {}, {}}).error().code, ErrorCode::Forbidden);
  EXPECT_TRUE(groups_.create(web, {"new", web_.id, {}}));
  EXPECT_EQ(policies_.create(web, {"new", "", {}, {}}).error().code, ErrorCode::Forbidden);
}

TEST_F(VisibilityTest, TagsAreKeptListedAndGoWithTheAgent) {
  tag(web1_, {"b", "a"});
  EXPECT_EQ(find(web1_).tags, (std::set<std::string>{"a", "b"}));
  AgentFilter filter;
  filter.tag = "a";
  const auto found = agents_.list(scope_, filter, {}).value().items;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.front().tags, (std::set<std::string>{"a", "b"}));
  tag(web1_, {});
  EXPECT_TRUE(find(web1_).tags.empty());
  tag(web1_, {"a"});
  EXPECT_TRUE(agents_.remove(scope_, web1_, "*"));
}

}  // namespace
}  // namespace warder::manager
