#include "host/offline/offline_facts.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "host/testing/file_tree.h"

namespace warder::host {
namespace {

// A host made of files in memory; units are fixtures, since no service manager runs where tests do.
class OfflineFactsTest : public ::testing::Test {
 protected:
  void write(const std::string& path, std::string content) { tree_->write(path, std::move(content)); }
  OfflineFacts facts() { return {std::move(tree_), ""}; }

  std::unique_ptr<testing::MemoryFileTree> tree_ = std::make_unique<testing::MemoryFileTree>();
};

const Service* find(const std::vector<Service>& services, std::string_view name) {
  const auto it = std::ranges::find(services, name, &Service::name);
  return it == services.end() ? nullptr : &*it;
}

TEST_F(OfflineFactsTest, FollowsLinksInsideTheTree) {
  write("/usr/lib/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n");
  tree_->make_link("/etc/os-release", "../usr/lib/os-release");
  tree_->make_link("/etc/localtime", "/usr/share/zoneinfo/Asia/Tokyo");
  tree_->make_link("/etc/hostname", "/etc/hostname");  // a loop ends
  write("/var/lib/cloud/data/instance-id", "i-0abc\n");
  auto host = facts();
  const auto system = host.system().value();
  EXPECT_EQ(system.os_id, "debian");
  EXPECT_EQ(system.os_version, "12");
  EXPECT_EQ(system.timezone, "Asia/Tokyo");
  EXPECT_EQ(system.hostname, "");
  EXPECT_EQ(system.cloud.instance_id, "i-0abc");
}

TEST_F(OfflineFactsTest, SaysWhatItCannotKnow) {
  auto host = facts();
  EXPECT_EQ(host.users().error().code, ErrorCode::Unavailable);
  EXPECT_EQ(host.listening_sockets().error().code, ErrorCode::Unavailable);
  EXPECT_EQ(host.processes().error().code, ErrorCode::Unavailable);
  EXPECT_EQ(host.mounts().error().code, ErrorCode::Unavailable);
  EXPECT_EQ(host.kernel_modules().error().code, ErrorCode::Unavailable);
  EXPECT_TRUE(host.software({}).value().empty());
}

TEST_F(OfflineFactsTest, AnRpmDatabaseThatIsNotReadIsNotAnEmptyOne) {
  write("/var/lib/rpm/Packages", "Berkeley DB");
  auto host = facts();
  EXPECT_EQ(host.software({}).error().code, ErrorCode::Unavailable);
}

// A program of Go says so in a note at its beginning; no other is read further.
TEST_F(OfflineFactsTest, ReadsOnlyProgramsOfGoToTheEnd) {
  const std::string note("\x04\0\0\0\x10\0\0\0\x04\0\0\0Go\0\0", 16);
  const std::string head = "\177ELF" + std::string(200, '\0');
  const std::string body = std::string(400'000, 'x');
  const auto reads_of = [](const std::string& content) {
    auto tree = std::make_unique<testing::MemoryFileTree>();
    tree->write("/opt/program", content);
    tree->chmod("/opt/program", 0755);
    const auto* looked_at = tree.get();
    OfflineFacts host(std::move(tree), "");
    EXPECT_TRUE(host.software({}));
    return looked_at->reads();
  };
  EXPECT_EQ(reads_of(head + note + body), reads_of(head + body) + 1);
}

TEST_F(OfflineFactsTest, TellsHowUnitsStart) {
  write("/lib/systemd/system/ssh.service",
        "[Unit]\nDescription=sshd\n[Service]\nExecStart=/usr/sbin/sshd -D\n[Install]\nWantedBy=multi-user.target\n"
        "Alias=sshd.service\n");
  write("/lib/systemd/system/off.service", "[Service]\nExecStart=/bin/off\n[Install]\nWantedBy=x.target\n");
  write("/lib/systemd/system/always.service", "[Service]\nExecStart=/bin/always\n");
  write("/lib/systemd/system/bad.service", "[Service]\nExecStart=/bin/bad\n");
  write("/lib/systemd/system/getty@.service", "[Service]\nExecStart=/sbin/agetty %I\n[Install]\nWantedBy=x.target\n");
  write("/lib/systemd/system/backup.timer",
        "[Timer]\nOnCalendar=daily\nOnBootSec=5min\n[Install]\nWantedBy=timers.target\n");
  tree_->make_link("/etc/systemd/system/bad.service", "/dev/null");
  tree_->make_link("/etc/systemd/system/multi-user.target.wants/ssh.service", "/lib/systemd/system/ssh.service");
  tree_->make_link("/etc/systemd/system/sshd.service", "/lib/systemd/system/ssh.service");
  tree_->make_link("/etc/systemd/system/getty.target.wants/getty@tty1.service", "/lib/systemd/system/getty@.service");
  tree_->make_link("/etc/systemd/system/timers.target.wants/backup.timer", "/lib/systemd/system/backup.timer");
  write("/etc/systemd/system/ssh.service.d/user.conf", "[Service]\nUser=nobody\n");
  auto host = facts();
  const auto services = host.services().value();
  ASSERT_NE(find(services, "ssh.service"), nullptr);
  EXPECT_EQ(find(services, "ssh.service")->start, ServiceStart::Enabled);
  EXPECT_EQ(find(services, "ssh.service")->user, "nobody");
  EXPECT_EQ(find(services, "ssh.service")->dropins.size(), 1U);
  EXPECT_EQ(find(services, "sshd.service"), nullptr);
  EXPECT_EQ(find(services, "off.service")->start, ServiceStart::Disabled);
  EXPECT_EQ(find(services, "always.service")->start, ServiceStart::Static);
  EXPECT_EQ(find(services, "bad.service")->start, ServiceStart::Masked);
  ASSERT_NE(find(services, "getty@tty1.service"), nullptr);
  EXPECT_EQ(find(services, "getty@tty1.service")->start, ServiceStart::Enabled);
  EXPECT_EQ(find(services, "ssh.service")->state, ServiceState::Unknown);
  const auto jobs = host.scheduled_jobs().value();
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].schedule, "OnCalendar=daily, OnBootSec=5min");
  EXPECT_EQ(jobs[0].command, "backup.service");
}

TEST_F(OfflineFactsTest, FindsScriptsWithoutAUnit) {
  write("/etc/init.d/old", "#!/bin/sh\n");
  tree_->chmod("/etc/init.d/old", 0755);
  tree_->make_link("/etc/rc3.d/S01old", "../init.d/old");
  auto host = facts();
  const auto services = host.services().value();
  ASSERT_EQ(services.size(), 1U);
  EXPECT_EQ(services[0].name, "old.sysv");
  EXPECT_EQ(services[0].start, ServiceStart::Enabled);
}

TEST_F(OfflineFactsTest, FindsJobs) {
  write("/etc/crontab", "17 * * * * root run-parts /etc/cron.hourly\n");
  write("/etc/cron.d/php", "*/30 * * * * www-data /usr/bin/clean\n");
  write("/etc/cron.d/php.dpkg-dist", "0 0 * * * root /bin/never\n");
  write("/var/spool/cron/crontabs/ann", "@daily /home/ann/backup\n");
  write("/etc/cron.daily/rotate", "#!/bin/sh\n");
  tree_->chmod("/etc/cron.daily/rotate", 0755);
  write("/var/spool/cron/atjobs/a0000201b0f4a3", "#!/bin/sh\n");
  auto host = facts();
  const auto jobs = host.scheduled_jobs().value();
  ASSERT_EQ(jobs.size(), 5U);
  EXPECT_EQ(jobs[1].user, "www-data");
  EXPECT_EQ(jobs[2].user, "ann");
  EXPECT_EQ(jobs[2].path, "/var/spool/cron/crontabs/ann");
  EXPECT_EQ(jobs[3].kind, JobKind::Periodic);
  EXPECT_EQ(jobs[4].kind, JobKind::At);
}

TEST_F(OfflineFactsTest, FindsLanguagePackages) {
  write("/usr/local/lib/python3.11/site-packages/requests-2.31.0.dist-info/METADATA",
        "Name: requests\nVersion: 2.31.0\n");
  write("/opt/app/node_modules/lodash/package.json", R"({"name":"lodash","version":"4.17.21"})");
  write("/opt/app/node_modules/@scope/tool/package.json", R"({"name":"@scope/tool","version":"1.0.0"})");
  write("/opt/app/node_modules/lodash/node_modules/inner/package.json", R"({"name":"inner","version":"0.1.0"})");
  write("/opt/app/package.json", R"({"name":"app","version":"0"})");  // not installed: it is where it was made
  write("/var/lib/gems/3.1.0/specifications/rack-2.2.8.gemspec", "");
  write("/srv/tomcat/lib/commons-io-2.11.0.jar", "not really a jar");
  auto host = facts();
  auto packages = host.software({}).value();
  std::ranges::sort(packages, {}, &Package::name);
  std::vector<std::string> names;
  for (const Package& package : packages) names.push_back(package.name + " " + package.version);
  EXPECT_EQ(names, (std::vector<std::string>{"@scope/tool 1.0.0", "commons-io 2.11.0", "inner 0.1.0", "lodash 4.17.21",
                                             "rack 2.2.8", "requests 2.31.0"}));
  SoftwareSearch none;
  none.language_packages = false;
  EXPECT_TRUE(host.software(none).value().empty());
}

TEST_F(OfflineFactsTest, StopsAtTheBudget) {
  for (int i = 0; i < 100; ++i)
    write("/opt/app/node_modules/p" + std::to_string(i) + "/package.json", R"({"name":"p","version":"1"})");
  auto host = facts();
  SoftwareSearch search;
  search.max_entries = 12;
  EXPECT_LT(host.software(search).value().size(), 13U);
}

TEST_F(OfflineFactsTest, ReadsDpkgWithFiles) {
  write("/var/lib/dpkg/status",
        "Package: hello\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.10-3\n"
        "Conffiles:\n /etc/hello 500e3cf069fe9a7b9936108eb9d9c035\n");
  write("/var/lib/dpkg/info/hello.md5sums", "3649a6fe8c18ad1d5245fd91737de507  usr/bin/hello\n");
  auto host = facts();
  const auto packages = host.software({}).value();
  ASSERT_EQ(packages.size(), 1U);
  const auto files = host.files_of(packages[0]).value();
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].path, "/usr/bin/hello");
  EXPECT_TRUE(files[1].is_configuration);
}

}  // namespace
}  // namespace warder::host
