#include <gtest/gtest.h>

#include "host/accounts.h"
#include "host/containers.h"
#include "host/kernel_modules.h"
#include "host/mounts.h"
#include "host/scheduled_jobs.h"
#include "host/services.h"
#include "host/sockets.h"
#include "host/system_identity.h"

namespace warder::host {
namespace {

TEST(Accounts, JoinsPasswdShadowAndGroups) {
  auto users = parse_passwd(
      "root:x:0:0:root:/root:/bin/bash\n"
      "# a comment\n"
      "broken:x:nobody:0::/:/bin/sh\n"
      "short:x:1\n"
      "ann:x:1000:1000:Ann Example,,,:/home/ann:/bin/zsh\n"
      "open::1001:1001::/home/open:/bin/sh\n");
  ASSERT_EQ(users.size(), 3U);
  auto groups = parse_group("root:x:0:\nann:x:1000:\nsudo:x:27:ann,root\nbad:x:y:\n");
  ASSERT_EQ(groups.size(), 3U);
  const auto shadow = parse_shadow(
      "root:*:19000:0:99999:7:::\n"
      "ann:$y$j9T$saltsaltsalt$hashhashhashhash:19876:0:90:7::20000:\n");
  join_accounts(users, groups, shadow, parse_gshadow("sudo:!:root:ann,root\n"));
  EXPECT_EQ(users[0].password, PasswordState::Locked);
  EXPECT_FALSE(users[0].password_max_days);
  EXPECT_EQ(users[1].password, PasswordState::Set);
  EXPECT_EQ(users[1].password_scheme, "yescrypt");
  EXPECT_EQ(users[1].password_mark.size(), 16U);
  EXPECT_EQ(users[1].password_changed_day, 19876);
  EXPECT_EQ(users[1].password_max_days, 90);
  EXPECT_EQ(users[1].account_expires_day, 20000);
  EXPECT_EQ(users[1].groups, (std::vector<std::string>{"ann", "sudo"}));
  EXPECT_EQ(users[2].password, PasswordState::Empty);
  EXPECT_EQ(groups[2].administrators, std::vector<std::string>{"root"});
}

TEST(Accounts, TellsALockedHashFromNone) {
  struct Case {
    const char* field;
    PasswordState state;
    const char* scheme;
  };
  for (const Case& c : {Case{"!", PasswordState::Locked, ""}, Case{"!!", PasswordState::Locked, ""},
                        Case{"!$6$salt$0123456789abcdef", PasswordState::Locked, "sha512"},
                        Case{"$1$salt$0123456789", PasswordState::Set, "md5"},
                        Case{"abJnggxhB/yWI", PasswordState::Set, "des"}, Case{"", PasswordState::Empty, ""}}) {
    SCOPED_TRACE(c.field);
    const auto entries = parse_shadow("u:" + std::string(c.field) + ":1::::::\n");
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0].password, c.state);
    EXPECT_EQ(entries[0].scheme, c.scheme);
  }
}

TEST(Accounts, ChangesTheMarkWithTheHash) {
  const auto one = parse_shadow("u:$6$salt$0123456789abcdef:1::::::\n");
  const auto two = parse_shadow("u:$6$salt$0123456789abcdeg:1::::::\n");
  EXPECT_NE(one[0].mark, two[0].mark);
}

constexpr const char* kTcp =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   113        0 21874 1 0 100 0 0 10 "
    "0\n"
    "   1: 0100007F:0CEA 0100007F:9C40 01 00000000:00000000 00:00000000 00000000   113        0 21875 1 0 20 4 30 10 "
    "-1\n"
    "   2: garbage\n";

TEST(ProcNet, FindsWhatListens) {
  const auto sockets = parse_proc_net(kTcp, SocketProtocol::Tcp, false);
  ASSERT_EQ(sockets.size(), 1U);
  EXPECT_EQ(sockets[0].address.text(), "127.0.0.1");
  EXPECT_EQ(sockets[0].port, 3306);
  EXPECT_EQ(sockets[0].uid, 113U);
  EXPECT_EQ(sockets[0].inode, 21874U);
}

TEST(ProcNet, ReadsSixteenByteAddresses) {
  const auto sockets = parse_proc_net(
      "  1: 0000000000000000FFFF00000100007F:0035 00000000000000000000000000000000:0000 07 00000000:00000000 "
      "00:00000000 00000000     0        0 99 2 0000000000000000 0\n"
      "  2: B80D0120000000000000000001000000:0035 00000000000000000000000000000000:0000 07 00000000:00000000 "
      "00:00000000 00000000     0        0 100 2 0000000000000000 0\n",
      SocketProtocol::Udp, true);
  ASSERT_EQ(sockets.size(), 2U);
  EXPECT_EQ(sockets[0].address.text(), "127.0.0.1");
  EXPECT_EQ(sockets[1].address.text(), "2001:db8::1");
  EXPECT_EQ(sockets[1].port, 53);
}

TEST(Mountinfo, ReadsOptionalFieldsAndEscapes) {
  const auto mounts = parse_mountinfo(
      "36 35 98:0 /mnt1 /mnt\\040two\\134x rw,noatime shared:1 master:2 - ext3 /dev/root rw,errors=continue\n"
      "25 30 0:23 / /proc rw,nosuid - proc proc rw\n"
      "nonsense\n"
      "1 2 0:1 / relative rw - tmpfs t rw\n");
  ASSERT_EQ(mounts.size(), 2U);
  EXPECT_EQ(mounts[0].target, "/mnt two\\x");
  EXPECT_EQ(mounts[0].type, "ext3");
  EXPECT_EQ(mounts[0].super_options, "rw,errors=continue");
  EXPECT_EQ(mounts[1].device, "0:23");
}

TEST(Modules, ReadsUsersAndTaint) {
  const auto modules = parse_modules(
      "nf_tables 303104 12 nft_compat,nft_chain_nat, Live 0x0000000000000000\n"
      "vboxdrv 512000 0 - Live 0x0000000000000000 (OE)\n"
      "short line\n");
  ASSERT_EQ(modules.size(), 2U);
  EXPECT_EQ(modules[0].used_by, (std::vector<std::string>{"nft_compat", "nft_chain_nat"}));
  EXPECT_EQ(modules[1].taint, "OE");
  EXPECT_TRUE(modules[1].used_by.empty());
}

TEST(Crontab, ReadsSystemAndUserForms) {
  const auto system = parse_crontab(
      "SHELL=/bin/sh\nMAILTO = root\n# m h dom mon dow user command\n"
      "17 *\t* * *\troot    cd / && run-parts --report /etc/cron.hourly\n"
      "@reboot www-data /usr/bin/warm-up --now\n"
      "5 4 * * sun\n",
      true);
  ASSERT_EQ(system.size(), 2U);
  EXPECT_EQ(system[0].schedule, "17 * * * *");
  EXPECT_EQ(system[0].user, "root");
  EXPECT_EQ(system[0].command, "cd / && run-parts --report /etc/cron.hourly");
  EXPECT_EQ(system[1].schedule, "@reboot");
  EXPECT_EQ(system[1].user, "www-data");
  const auto own = parse_crontab("*/5 0-6 1,15 * 1-5 X=1 backup\n", false, "ann");
  ASSERT_EQ(own.size(), 1U);
  EXPECT_EQ(own[0].user, "ann");
  EXPECT_EQ(own[0].command, "X=1 backup");
}

TEST(At, ReadsTheTimeFromTheName) {
  EXPECT_EQ(at_time("a0000201b0f4a3"), "2023-12-13T06:59:00.000000Z");
  EXPECT_EQ(at_time(".SEQ"), "");
  EXPECT_EQ(at_time("a00002zzzzzzzz"), "");
}

TEST(Unit, AppliesDropInsInOrder) {
  Service service;
  apply_unit(service,
             parse_unit("[Unit]\nDescription=A server\n# no\n[Service]\nUser=web\nExecStart=/usr/bin/server \\\n"
                        "; a comment between\n   --port 80\n[Install]\nWantedBy=multi-user.target\n"));
  EXPECT_EQ(service.description, "A server");
  EXPECT_EQ(service.user, "web");
  EXPECT_EQ(service.commands, std::vector<std::string>{"/usr/bin/server  --port 80"});
  apply_unit(service, parse_unit("[Service]\nExecStart=\nExecStart=/usr/bin/other"));
  EXPECT_EQ(service.commands, std::vector<std::string>{"/usr/bin/other"});
  EXPECT_TRUE(has_install_section(parse_unit("[Install]\nWantedBy=a.target\n")));
  EXPECT_FALSE(has_install_section(parse_unit("[Unit]\nDescription=Install\n")));
}

TEST(Unit, FindsTheServiceOfAControlGroup) {
  EXPECT_EQ(service_of("/system.slice/ssh.service"), "ssh.service");
  EXPECT_EQ(service_of("/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service/x"), "foo.service");
  EXPECT_EQ(service_of("/user.slice/session-1.scope"), "");
  EXPECT_EQ(service_of(""), "");
}

constexpr const char* kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

TEST(Containers, ReadsDockersFiles) {
  const auto container = parse_docker_container(
      std::string(R"({"ID":")") + kId +
          R"(","Name":"/web","Image":"sha256:aa","State":{"Running":true},"Config":{"Image":"nginx:1.27"}})",
      R"({"Privileged":true})");
  ASSERT_TRUE(container);
  EXPECT_EQ(container->name, "web");
  EXPECT_EQ(container->image, "nginx:1.27");
  EXPECT_TRUE(container->is_privileged);
  EXPECT_EQ(container->is_running, true);
  EXPECT_FALSE(parse_docker_container("[]", ""));
}

TEST(Containers, ReadsContainersStorage) {
  const auto containers = parse_storage_containers(
      R"([{"id":"ab","names":["db"],"image":"cd","metadata":"{\"image-name\":\"postgres:16\"}"},{"names":[]},3])");
  ASSERT_EQ(containers.size(), 1U);
  EXPECT_EQ(containers[0].name, "db");
  EXPECT_EQ(containers[0].image, "postgres:16");
  EXPECT_EQ(containers[0].runtime, "podman");
}

TEST(Containers, FindsTheIdInAControlGroup) {
  EXPECT_EQ(container_in("0::/system.slice/docker-" + std::string(kId) + ".scope\n"), kId);
  EXPECT_EQ(container_in("0::/user.slice\n"), "");
  EXPECT_EQ(runtime_of("/machine.slice/libpod-" + std::string(kId) + ".scope"), "podman");
}

TEST(OsRelease, Unquotes) {
  const auto settings = parse_os_release("NAME=\"A \\\"B\\\"\"\n# c\nID=debian\nVERSION_ID='12'\nbroken\n");
  EXPECT_EQ(settings.at("NAME"), "A \"B\"");
  EXPECT_EQ(settings.at("ID"), "debian");
  EXPECT_EQ(settings.at("VERSION_ID"), "12");
  EXPECT_EQ(settings.size(), 3U);
}

TEST(Cloud, ReadsInstanceData) {
  const auto cloud = parse_instance_data(
      R"({"v1":{"cloud_name":"aws","instance_id":"i-0abc","region":"eu-central-1","availability_zone":"eu-central-1a"},
          "ds":{"meta_data":{"instance-type":"t3.micro"}}})");
  EXPECT_EQ(cloud.provider, "aws");
  EXPECT_EQ(cloud.instance_type, "t3.micro");
  EXPECT_EQ(cloud.zone, "eu-central-1a");
  EXPECT_EQ(parse_instance_data("{}"), CloudIdentity{});
  EXPECT_EQ(cloud_provider("Microsoft Corporation", "Virtual Machine", "7783-7084-3265-9085-8269-3286-77"), "azure");
  EXPECT_EQ(cloud_provider("Microsoft Corporation", "Virtual Machine", ""), "");
}

}  // namespace
}  // namespace warder::host
