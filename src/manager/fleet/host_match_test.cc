#include "manager/fleet/host_match.h"

#include "manager/fleet/host_fields.h"
#include "manager/fleet/inventory_store.h"
#include "manager/fleet/testing.h"

namespace warder::manager {
namespace {

class HostMatchTest : public FleetTest {
 protected:
  HostMatchTest() {
    const Group europe = groups_.create(scope_, {"Europe", {}, {}}).value();
    const Group web = groups_.create(scope_, {"Web", europe.id, make_policy("Web policy").id}).value();
    web_ = add_agent("web-1", web.id);
    db_ = add_agent("db-1");
    add_agent("silent");
    AgentHello said = hello("web-1");
    said.os = "Debian GNU/Linux 12";
    said.address = "192.0.2.7";
    EXPECT_TRUE(agents_.record_hello(scope_, web_, said));
    EXPECT_TRUE(agents_.record_hello(scope_, db_, hello("db-1")));
    agents_.record_heartbeat(scope_, web_, {0, {{"ips", "on", "", {}}, {"firewall", "degraded", "", {}}}, 3, 30});
    EXPECT_TRUE(agents_.flush());
    const Agent agent = find(db_);
    EXPECT_TRUE(agents_.update(scope_, db_, agent.etag(), {{}, {}, std::set<std::string>{"pci", "prod"}, 80}));
    add_package("openssl");
  }

  TenantScope within(Reach reach) {
    return ScopeMaker(*tenants_).make(scope_.tenant(), "user:2", {{}, std::move(reach), {}}).value();
  }

  void add_package(const std::string& name) {
    InventoryStore store{*tenants_, clock_};
    inventory::Snapshot now;
    inventory::Item item{name, name, "3.0.11", {}};
    InventoryChange change{inventory::Kind::Package, "", {}, "", clock_.now()};
    change.delta.set.push_back(item);
    change.digest = to_hex(inventory::digest(std::span<const inventory::Item>(&item, 1)));
    EXPECT_TRUE(store.apply(scope_, web_, change));
  }

  std::vector<std::string> named(const std::string& filter) {
    AgentFilter wanted;
    wanted.filters = {filter};
    std::vector<std::string> names;
    const auto page = agents_.list(scope_, wanted, {100, ""}).value();
    for (const Agent& agent : page.items) names.push_back(agent.hostname);
    return names;
  }

  AgentId web_;
  AgentId db_;
};

TEST_F(HostMatchTest, HostsAreFoundByWhatIsKnownOfThem) {
  using Names = std::vector<std::string>;
  const Names all{"db-1", "silent", "web-1"};
  const std::vector<std::pair<std::string, Names>> cases{
      {"", all},
      {"name:\"web-*\"", {"web-1"}},
      {"host.name=db-1 or host=silent", {"db-1", "silent"}},
      {"not name:web", {"db-1", "silent"}},
      {"os:debian", {"web-1"}},
      {"address=192.0.2.7", {"web-1"}},
      {"state=never-connected", {"silent"}},
      {"group=Web", {"web-1"}},
      {"group=Europe", {"web-1"}},  // a group that is below counts
      {"group!=Europe", {"db-1", "silent"}},
      {"policy=\"Web policy\"", {"web-1"}},
      {"policy=Base", {"db-1", "silent"}},
      {"policy.state=none", {"silent"}},
      {"tag=pci and tag=prod", {"db-1"}},
      {"tag!=pci", {"silent", "web-1"}},
      {"tag in (pci, other)", {"db-1"}},
      {"asset_value>=50", {"db-1"}},
      {"module.ips=on", {"web-1"}},
      {"module.firewall in (degraded, off)", {"web-1"}},
      {"module.integrity=unknown", all},
      {"spool_events>0", {"web-1"}},
      {"last_seen>2000-01-01T00:00:00Z", {"db-1", "web-1"}},
      {"fact.package=openssl", {"web-1"}},
      {"fact.package:\"OPEN*\"", {"web-1"}},
      {"fact.package!=openssl", {"db-1", "silent"}},
      {"not fact.package:nginx", all},
      {"\"debian\"", {"web-1"}},
      {"id=" + db_.text(), {"db-1"}},
  };
  for (const auto& [filter, expected] : cases) {
    SCOPED_TRACE(filter);
    EXPECT_EQ(named(filter), expected);
    EXPECT_EQ(agents_.summary(scope_, {}, {filter}).value().agents, static_cast<std::int64_t>(expected.size()));
  }
}

TEST_F(HostMatchTest, SaysWhatIsNoFilterOfHosts) {
  for (const char* filter : {"severity>=high", "name", "last_seen>yesterday", "asset_value=high", "(os=a"}) {
    SCOPED_TRACE(filter);
    AgentFilter wanted;
    wanted.filters = {filter};
    const auto found = agents_.list(scope_, wanted, {100, ""});
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::Invalid);
    EXPECT_TRUE(found.error().message.starts_with("filter:")) << found.error().message;
  }
  EXPECT_TRUE(parse_filter("severity>=high"));  // of events, still
  EXPECT_FALSE(parse_filter("os:debian"));
}

TEST_F(HostMatchTest, APageHasWhatMatchesHoweverFarApart) {
  for (int i = 0; i < 1200; ++i) add_agent((i % 300 == 0 ? "pick-" : "x-") + std::to_string(i));
  AgentFilter wanted;
  wanted.filters = {"name:\"pick-*\""};
  PageRequest page{3, ""};
  std::vector<std::string> names;
  while (true) {
    const auto found = agents_.list(scope_, wanted, page).value();
    EXPECT_LE(found.items.size(), 3U);
    for (const Agent& agent : found.items) names.push_back(agent.hostname);
    if (!found.next_cursor) break;
    page.cursor = *found.next_cursor;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"pick-0", "pick-300", "pick-600", "pick-900"}));
}

TEST_F(HostMatchTest, AFilterReachesNoFurtherThanTheScope) {
  Reach reach;
  reach.tags = {"pci"};
  const TenantScope part = within(std::move(reach));
  AgentFilter wanted;
  wanted.filters = {"name:\"*\""};
  const auto found = agents_.list(part, wanted, {100, ""}).value();
  ASSERT_EQ(found.items.size(), 1U);
  EXPECT_EQ(found.items[0].hostname, "db-1");
  EXPECT_EQ(agents_.summary(part, {}, {"os:debian"}).value().agents, 0);
}

}  // namespace
}  // namespace warder::manager
