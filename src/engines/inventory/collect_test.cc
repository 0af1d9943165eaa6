#include "engines/inventory/collect.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "host/testing/facts.h"

namespace warder::inventory {
namespace {

host::ListeningSocket socket(host::SocketProtocol protocol, std::uint16_t port, std::string executable) {
  host::ListeningSocket made;
  made.protocol = protocol;
  made.address = IpAddress::v4(0);
  made.port = port;
  made.pid = executable.empty() ? 0 : 7;
  made.executable = std::move(executable);
  made.control_group = "/system.slice/test.service";
  return made;
}

host::testing::FixedFacts small_host() {
  host::testing::FixedFacts facts;
  facts.identity->hostname = "web-1";
  facts.identity->os_id = "debian";
  facts.identity->os_version = "12";
  host::User user;
  user.name = "www-data";
  user.uid = 33;
  user.gid = 33;
  user.comment = "A Person's Name";
  user.shell = "/usr/sbin/nologin";
  user.password = host::PasswordState::Locked;
  user.password_mark = "0123456789abcdef";
  facts.user_list->push_back(user);
  facts.package_list->push_back(
      {host::PackageManager::Dpkg, "nginx", "1.22.1-9", "amd64", "nginx", "1.22.1-9", "", ""});
  facts.socket_list->push_back(socket(host::SocketProtocol::Tcp, 80, "/usr/sbin/nginx"));
  return facts;
}

TEST(Collect, MakesItemsOfFacts) {
  auto facts = small_host();
  const auto collected = collect(facts, {});
  EXPECT_TRUE(collected.failures.empty());
  const auto& packages = collected.snapshot.at(Kind::Package);
  ASSERT_EQ(packages.size(), 1U);
  EXPECT_EQ(packages[0].key, "dpkg/nginx/amd64");
  EXPECT_EQ(packages[0].version, "1.22.1-9");
  const auto& sockets = collected.snapshot.at(Kind::Socket);
  ASSERT_EQ(sockets.size(), 1U);
  EXPECT_EQ(sockets[0].name, "tcp/80");
  EXPECT_EQ(attribute(sockets[0], "service"), "test.service");
  EXPECT_EQ(attribute(sockets[0], "user"), "0");
}

TEST(Collect, TellsNoFullNamesAndNoHashes) {
  auto facts = small_host();
  const auto collected = collect(facts, {});
  const Item& user = collected.snapshot.at(Kind::User).at(0);
  for (const auto& [key, value] : user.attributes) {
    EXPECT_EQ(value.find("Person"), std::string::npos) << key;
    EXPECT_EQ(value.find("0123456789abcdef"), std::string::npos) << key;
  }
}

TEST(Collect, TellsWhoPackagedItWithoutAnAddress) {
  auto facts = small_host();
  facts.package_list->at(0).vendor = "Tools Team <tools@example.org>";
  const auto collected = collect(facts, {});
  EXPECT_EQ(attribute(collected.snapshot.at(Kind::Package).at(0), "vendor"), "Tools Team");
}

TEST(Collect, NamesEveryAttributeInTheTable) {
  auto facts = small_host();
  host::ProcessInfo process;
  process.pid = 1;
  process.executable = "/sbin/init";
  process.uid = 0;
  facts.process_list->push_back(process);
  facts.module_list->push_back({"ext4", 1, {}, "Live", "1.0", "abc", "O"});
  facts.job_list->push_back({host::JobKind::Crontab, "/etc/crontab", "root", "* * * * *", "true"});
  facts.mount_list->push_back({1, 0, "8:1", "/", "/", "rw", "ext4", "/dev/sda1", "rw"});
  facts.container_list->push_back({std::string(64, 'a'), "docker", "web", "nginx:1", "sha256:x", true, true});
  facts.service_list->push_back({"a.service",
                                 "A",
                                 "/lib/a",
                                 {"/x.conf"},
                                 {"/bin/a"},
                                 "root",
                                 host::ServiceStart::Enabled,
                                 host::ServiceState::Active});
  facts.group_list->push_back({"g", 5, {"a"}, {"b"}});
  for (const auto& [kind, items] : collect(facts, {}).snapshot) {
    ASSERT_FALSE(items.empty()) << name(kind);
    for (const auto& [key, value] : items[0].attributes) {
      const auto rows = row_of(kind).attributes;
      EXPECT_NE(std::ranges::find(rows, std::string_view(key), &AttributeRow::key), rows.end())
          << name(kind) << " " << key;
    }
    EXPECT_TRUE(check(items[0])) << name(kind);
  }
}

TEST(Collect, LeavesOutAnswersToOwnQuestions) {
  auto facts = small_host();
  facts.socket_list->push_back(socket(host::SocketProtocol::Udp, 45'000, "/usr/bin/dig"));
  facts.socket_list->push_back(socket(host::SocketProtocol::Udp, 51'820, ""));  // the kernel's: WireGuard
  facts.socket_list->push_back(socket(host::SocketProtocol::Udp, 53, "/usr/sbin/named"));
  EXPECT_EQ(collect(facts, {}).snapshot.at(Kind::Socket).size(), 3U);
}

TEST(Collect, KeepsAnUnknownKindApartFromAnEmptyOne) {
  auto facts = small_host();
  facts.socket_list = fail(ErrorCode::Unavailable, "no");
  const auto collected = collect(facts, {});
  EXPECT_FALSE(collected.snapshot.contains(Kind::Socket));
  EXPECT_TRUE(collected.snapshot.at(Kind::Container).empty());
  EXPECT_EQ(collected.failures, std::vector<std::string>{"sockets: no"});
}

TEST(Collect, ReadsOnlyWhatIsAskedFor) {
  auto facts = small_host();
  CollectOptions options;
  options.kinds = {Kind::Socket};
  EXPECT_EQ(collect(facts, options).snapshot.size(), 1U);
  EXPECT_EQ(facts.searches, 0);
}

TEST(Kinds, AreFoundByNameAndNumber) {
  for (const KindRow& row : kinds()) {
    EXPECT_EQ(find_kind(row.name), row.kind);
    EXPECT_EQ(kind_of(static_cast<std::uint32_t>(row.kind)), row.kind);
    EXPECT_EQ(&row_of(row.kind), &row);
    EXPECT_TRUE(std::ranges::is_sorted(row.attributes, {}, &AttributeRow::key)) << row.name;
  }
  EXPECT_FALSE(kind_of(0));
  EXPECT_FALSE(kind_of(12));
}

}  // namespace
}  // namespace warder::inventory
