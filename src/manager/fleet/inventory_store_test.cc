#include "manager/fleet/inventory_store.h"

#include "base/bytes.h"
#include "manager/fleet/testing.h"

namespace warder::manager {
namespace {

using inventory::Item;
using inventory::Kind;

class InventoryStoreTest : public FleetTest {
 protected:
  static Item package(const std::string& name, const std::string& version) {
    return {"dpkg/" + name, name, version, {{"manager", "dpkg"}, {"source", name}}};
  }
  static InventoryChange whole(Kind kind, std::vector<Item> items) {
    items = inventory::canonical(std::move(items));
    InventoryChange change;
    change.kind = kind;
    change.digest = to_hex(inventory::digest(items));
    change.delta.set = std::move(items);
    return change;
  }
  void give(const AgentId& agent, std::vector<Item> items, Kind kind = Kind::Package) {
    const auto applied = store_.apply(scope_, agent, whole(kind, std::move(items)));
    ASSERT_TRUE(applied) << applied.error().message;
  }
  std::vector<std::string> names(const InventoryFilter& filter, Kind kind = Kind::Package) {
    std::vector<std::string> all;
    const auto listed = store_.list(scope_, kind, filter, {});
    for (const StoredItem& item : listed.value().items)
      all.push_back(item.hostname + " " + item.item.name + " " + item.item.version);
    return all;
  }

  InventoryStore store_{*tenants_, clock_};
  AgentId web_ = add_agent("web-1");
  AgentId db_ = add_agent("db-1");
};

TEST_F(InventoryStoreTest, KeepsWhatDidNotChange) {
  give(web_, {package("a", "1"), package("b", "1"), package("c", "1")});
  clock_.advance(std::chrono::hours{1});
  give(web_, {package("b", "2"), package("c", "1"), package("d", "1")});
  const auto items = store_.list(scope_, Kind::Package, {}, {}).value().items;
  ASSERT_EQ(items.size(), 3U);
  EXPECT_EQ(items[0].item.version, "2");
  EXPECT_LT(items[0].first_seen, items[0].changed);
  EXPECT_EQ(items[1].first_seen, items[1].changed);
  EXPECT_LT(items[1].changed, items[2].changed);
  const auto lists = store_.lists(scope_, web_).value();
  ASSERT_EQ(lists.size(), 1U);
  EXPECT_EQ(lists[0].items, 3);
}

TEST_F(InventoryStoreTest, AppliesADeltaToItsBaseOnly) {
  const std::vector<Item> before = inventory::canonical({package("a", "1"), package("b", "1")});
  const std::vector<Item> after = inventory::canonical({package("b", "2"), package("c", "1")});
  give(web_, before);
  InventoryChange change;
  change.kind = Kind::Package;
  change.base = to_hex(inventory::digest(before));
  change.delta = inventory::diff(before, after);
  change.digest = to_hex(inventory::digest(after));
  EXPECT_EQ(store_.apply(scope_, db_, change).error().code, ErrorCode::Conflict);  // it has no such list
  ASSERT_TRUE(store_.apply(scope_, web_, change));
  EXPECT_EQ(store_.apply(scope_, web_, change).error().code, ErrorCode::Conflict);  // no longer the base
  EXPECT_EQ(names({}), (std::vector<std::string>{"web-1 b 2", "web-1 c 1"}));
}

TEST_F(InventoryStoreTest, RefusesAWrongDigestAndChangesNothing) {
  give(web_, {package("a", "1")});
  auto change = whole(Kind::Package, {package("b", "1")});
  change.digest = std::string(64, '0');
  EXPECT_EQ(store_.apply(scope_, web_, change).error().code, ErrorCode::Conflict);
  change = whole(Kind::Package, {package("b", "1")});
  change.delta.set.push_back(package("b", "1"));
  EXPECT_EQ(store_.apply(scope_, web_, change).error().code, ErrorCode::Invalid);
  EXPECT_EQ(names({}), std::vector<std::string>{"web-1 a 1"});
}

TEST_F(InventoryStoreTest, SearchesTheFleet) {
  give(web_, {package("openssl", "3.0.9"), package("nginx", "1.22")});
  give(db_, {package("openssl", "3.0.11"), package("postgresql", "15")});
  EXPECT_EQ(names({.name = "openssl"}).size(), 2U);
  EXPECT_EQ(names({.name = "openssl", .version = "3.0.9"}), std::vector<std::string>{"web-1 openssl 3.0.9"});
  EXPECT_EQ(names({.text = "GRES"}), std::vector<std::string>{"db-1 postgresql 15"});
  EXPECT_EQ(names({.text = "%"}).size(), 0U);
  EXPECT_EQ(names({.agent = web_}).size(), 2U);
  const auto versions = store_.versions(scope_, Kind::Package, {.name = "openssl"}, {}).value().items;
  ASSERT_EQ(versions.size(), 2U);
  EXPECT_EQ(versions[0].hosts, 1);
  give(db_, {package("openssl", "3.0.9")});
  EXPECT_EQ(store_.versions(scope_, Kind::Package, {.name = "openssl"}, {}).value().items.at(0).hosts, 2);
}

TEST_F(InventoryStoreTest, PagesWithoutGapOrRepetition) {
  for (const AgentId& agent : {web_, db_}) give(agent, {package("a", "1"), package("b", "1"), package("c", "1")});
  std::vector<std::string> seen;
  PageRequest page{2, ""};
  while (true) {
    const auto part = store_.list(scope_, Kind::Package, {}, page).value();
    for (const StoredItem& item : part.items) seen.push_back(item.item.name + item.hostname);
    if (!part.next_cursor) break;
    page.cursor = *part.next_cursor;
  }
  EXPECT_EQ(seen.size(), 6U);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 6U);
  EXPECT_FALSE(store_.list(scope_, Kind::Package, {}, {2, "!"}));
}

TEST_F(InventoryStoreTest, GivesASnapshotForRecommendations) {
  give(web_, {package("nginx", "1.22")});
  give(web_, {}, Kind::Container);
  const auto snapshot = store_.snapshot(scope_, web_).value();
  EXPECT_EQ(snapshot.size(), 2U);
  EXPECT_EQ(inventory::attribute(snapshot.at(Kind::Package).at(0), "source"), "nginx");
  EXPECT_TRUE(snapshot.at(Kind::Container).empty());
}

TEST_F(InventoryStoreTest, ForgetsARemovedAgent) {
  give(web_, {package("a", "1")});
  ASSERT_TRUE(agents_.remove(scope_, web_, "*"));
  EXPECT_TRUE(names({}).empty());
  EXPECT_TRUE(store_.lists(scope_, web_).value().empty());
  EXPECT_EQ(store_.apply(scope_, web_, whole(Kind::Package, {})).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace warder::manager
