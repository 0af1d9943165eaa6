// On the kernel that runs: who it was that ended before anybody could look.
#include "host/linux/process_events.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "base/file.h"
#include "host/linux/linux_host.h"
#include "host/testing/file_watch.h"

namespace warder::host {
namespace {

/// In a process of its own, which has lost these capabilities or, with none, is in a new PID namespace: what `ask`
/// returns becomes its exit code.
template <class Ask>
int ask_without(std::initializer_list<unsigned> capabilities, Ask ask) {
  const pid_t child = ::fork();
  if (child == 0) {
    __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> sets{};
    if (::syscall(SYS_capget, &head, sets.data()) != 0) ::_exit(99);
    if (capabilities.size() == 0 && (::unshare(CLONE_NEWPID) != 0 || ::fork() != 0)) {
      int status = 0;
      ::wait(&status);
      ::_exit(WEXITSTATUS(status));
    }
    for (const unsigned each : capabilities) {
      sets[each / 32].effective &= ~(1U << (each % 32));
      sets[each / 32].permitted &= ~(1U << (each % 32));
    }
    if (::syscall(SYS_capset, &head, sets.data()) != 0) ::_exit(99);
    ::_exit(ask());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

class ProcessEventsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    if (const auto initial = require_initial_pids(); !initial) GTEST_SKIP() << initial.error().message;
  }
  // Waits for the news of that process and takes them; /proc is not asked.
  std::optional<ProcessInfo> run_and_find(ProcessEvents& events, const char* program, const char* argument) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::execl(program, "called-so", argument, nullptr);
      ::_exit(127);
    }
    ::waitpid(child, nullptr, 0);
    events.read(recent_);
    return recent_.find(child);
  }
  testing::FixedProcessTable nobody_;  // as if each had ended already
  RecentProcesses recent_{nobody_};
};

TEST_F(ProcessEventsTest, ATraceNamesOneThatNobodyCouldLookAt) {
  auto trace = open_process_trace();
  if (!trace) GTEST_SKIP() << trace.error().message;
  for (int i = 0; i < 50; ++i) {
    const auto info = run_and_find(**trace, "/bin/true", "an argument");
    ASSERT_TRUE(info);
    EXPECT_EQ(info->executable, std::filesystem::canonical("/bin/true"));
    EXPECT_EQ(info->command_line, "called-so an argument");
    EXPECT_EQ(info->uid, 0U);
    EXPECT_EQ(info->parent, ::getpid());
    EXPECT_GT(info->start_tick, 0U);
    const auto self = make_linux_process_table()->find(::getpid());
    EXPECT_EQ(info->login_uid, self->login_uid);
    EXPECT_EQ(info->control_group, self->control_group);
  }
}

TEST_F(ProcessEventsTest, ATraceKnowsAScriptByItsInterpreterAndLongArgumentsByTheirStart) {
  auto trace = open_process_trace();
  if (!trace) GTEST_SKIP() << trace.error().message;
  const std::string name = "/tmp/warder-trace-" + std::to_string(::getpid());
  {
    const UniqueFd file(::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700));
    ASSERT_EQ(::write(file.get(), "#!/bin/sh\n:\n", 12), 12);
  }
  const auto info = run_and_find(**trace, name.c_str(), std::string(9000, 'x').c_str());
  ::unlink(name.c_str());
  ASSERT_TRUE(info);
  EXPECT_EQ(info->executable, std::filesystem::canonical("/bin/sh"));
  EXPECT_TRUE(info->command_line.starts_with("/bin/sh " + name + " xxxx")) << info->command_line;
  EXPECT_EQ(info->command_line.size(), 512U);
}

TEST_F(ProcessEventsTest, WhatATraceLostIsForgotten) {
  auto trace = open_process_trace();
  if (!trace) GTEST_SKIP() << trace.error().message;
  ASSERT_TRUE(run_and_find(**trace, "/bin/true", "first"));
  const auto first = recent_.find(run_and_find(**trace, "/bin/true", "second")->pid);
  ASSERT_TRUE(first);
  for (int i = 0; i < 16'000; ++i) {  // forks and exits of 64 bytes each, more than the ring holds
    const pid_t child = ::vfork();
    if (child == 0) ::_exit(0);
    ::waitpid(child, nullptr, 0);
  }
  (*trace)->read(recent_);
  EXPECT_FALSE(recent_.find(first->pid));
  EXPECT_TRUE(run_and_find(**trace, "/bin/true", "after")) << "it goes on";
}

TEST_F(ProcessEventsTest, WithoutTheRightToTraceTheConnectorTells) {
  const auto mechanism = [] {
    const auto events = open_process_events();
    return events == nullptr ? 0 : events->mechanism() == "ebpf" ? 1 : 2;
  };
  const bool traces = open_process_trace().has_value();
  const bool hears = open_process_connector().has_value();
  EXPECT_EQ(mechanism(), traces ? 1 : hears ? 2 : 0);
  EXPECT_EQ(ask_without({CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN}, mechanism), hears ? 2 : 0);
  EXPECT_EQ(ask_without({}, mechanism), 0);
}

}  // namespace
}  // namespace warder::host
