// On this very machine: what must be true of any host that runs a test.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "host/linux/linux_host.h"

namespace warder::host {
namespace {

TEST(LinuxFacts, FindsASocketAndItsProcess) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(fd.get(), 1), 0);
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const auto sockets = make_linux_facts()->listening_sockets();
  ASSERT_TRUE(sockets) << sockets.error().message;
  const auto it = std::ranges::find_if(*sockets, [&](const ListeningSocket& socket) {
    return socket.port == ntohs(address.sin_port) && socket.protocol == SocketProtocol::Tcp;
  });
  ASSERT_NE(it, sockets->end());
  EXPECT_EQ(it->address.text(), "127.0.0.1");
  EXPECT_EQ(it->uid, ::getuid());
  EXPECT_EQ(it->pid, ::getpid());
  EXPECT_NE(it->executable.find("host_linux_test"), std::string::npos);
}

TEST(LinuxFacts, FindsThisProcess) {
  const auto processes = make_linux_facts()->processes().value();
  const auto it = std::ranges::find(processes, ::getpid(), &ProcessInfo::pid);
  ASSERT_NE(it, processes.end());
  EXPECT_EQ(it->parent, ::getppid());
  EXPECT_GT(it->start_tick, 0U);
}

TEST(LinuxFacts, KnowsTheSystem) {
  const auto facts = make_linux_facts();
  const auto system = facts->system().value();
  EXPECT_FALSE(system.kernel_release.empty());
  EXPECT_FALSE(system.architecture.empty());
  EXPECT_GT(system.processors, 0U);
  EXPECT_FALSE(facts->mounts().value().empty());
  const auto users = facts->users().value();
  EXPECT_NE(std::ranges::find(users, std::string("root"), &User::name), users.end());
}

}  // namespace
}  // namespace warder::host
