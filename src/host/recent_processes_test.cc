#include "host/recent_processes.h"

#include <gtest/gtest.h>

#include "host/testing/file_watch.h"

namespace warder::host {
namespace {

class RecentProcessesTest : public ::testing::Test {
 protected:
  void starts(std::int32_t pid, const std::string& executable) {
    ProcessInfo info;
    info.pid = pid;
    info.executable = executable;
    info.uid = 0;
    live_.add(std::move(info));
  }
  std::string name_of(std::int32_t pid) const {
    const auto info = recent_.find(pid);
    return info ? info->executable : "unknown";
  }

  testing::FixedProcessTable live_;
  RecentProcesses recent_{live_};
};

TEST_F(RecentProcessesTest, OneThatEndedIsKnownByItsLastProgram) {
  starts(1, "/bin/sh");
  recent_.on_fork(1, 2);
  starts(2, "/bin/sed");
  recent_.on_exec(2);
  live_.remove(2);
  recent_.on_exit(2);
  EXPECT_EQ(name_of(2), "/bin/sed");
  EXPECT_EQ(recent_.find(2)->pid, 2);
}

TEST_F(RecentProcessesTest, OneThatNeverRanAProgramOfItsOwnIsItsParentsProgram) {
  starts(1, "/bin/sh");
  recent_.on_fork(1, 2);
  recent_.on_exit(2);
  EXPECT_EQ(name_of(2), "/bin/sh");
  EXPECT_EQ(recent_.find(2)->parent, 1);
}

TEST_F(RecentProcessesTest, OneThatEndedBeforeItsProgramCouldBeReadIsUnknown) {
  starts(1, "/bin/sh");
  recent_.on_fork(1, 2);
  recent_.on_exec(2);
  recent_.on_exit(2);
  EXPECT_EQ(name_of(2), "unknown");
}

TEST_F(RecentProcessesTest, ANumberThatIsUsedAgainIsTheNewProcess) {
  starts(1, "/bin/sh");
  starts(2, "/bin/sed");
  recent_.on_exec(2);
  live_.remove(2);
  recent_.on_exit(2);
  recent_.on_fork(9, 2);  // of a parent that nobody knows
  EXPECT_EQ(name_of(2), "unknown");
  recent_.on_fork(1, 2);
  for (std::int32_t pid = 100; pid < 100 + 2 * static_cast<std::int32_t>(RecentProcesses::kMaxEnded); ++pid) {
    recent_.on_fork(1, pid);
    recent_.on_exit(pid);
  }
  EXPECT_EQ(name_of(2), "/bin/sh") << "it lives, so it is not forgotten with those that ended";
}

TEST_F(RecentProcessesTest, WhatTheKernelToldNeedsNoLook) {
  starts(1, "/bin/sh");
  recent_.on_fork(1, 2);
  ProcessInfo told;
  told.pid = 2;
  told.executable = "/bin/sed";
  told.command_line = "sed -i";
  recent_.on_exec(told);
  recent_.on_exit(2);
  EXPECT_EQ(recent_.find(2), told);
  told.executable = "/bin/sed (half read)";
  told.command_line = "";
  live_.add(told);
  EXPECT_EQ(name_of(2), "/bin/sed") << "it ended while it was read";
}

TEST_F(RecentProcessesTest, AnExecDoesNotLeaveTheControlGroup) {
  ProcessInfo parent;
  parent.pid = 1;
  parent.executable = "/bin/sh";
  parent.control_group = "/machine/one";
  parent.container_id = "c";
  live_.add(parent);
  recent_.on_fork(1, 2);
  ProcessInfo told;
  told.pid = 2;
  told.executable = "/bin/sed";
  recent_.on_exec(told);
  EXPECT_EQ(recent_.find(2)->control_group, "/machine/one");
  EXPECT_EQ(recent_.find(2)->container_id, "c");
}

TEST_F(RecentProcessesTest, IsBounded) {
  starts(1, "/bin/sh");
  const auto max = static_cast<std::int32_t>(RecentProcesses::kMaxEnded);
  for (std::int32_t pid = 2; pid < 2 + 3 * max; ++pid) {
    recent_.on_fork(1, pid);
    recent_.on_exit(pid);
  }
  EXPECT_EQ(name_of(2), "unknown");
  EXPECT_EQ(name_of(1 + 3 * max), "/bin/sh");
  const auto most = static_cast<std::int32_t>(RecentProcesses::kMaxProcesses);
  for (std::int32_t pid = 100'000; pid < 100'000 + 2 * most; ++pid) recent_.on_fork(1, pid);
  EXPECT_EQ(name_of(100'000 + 2 * most - 1), "unknown");
}

TEST_F(RecentProcessesTest, AfterLostEventsNothingIsClaimed) {
  starts(1, "/bin/sh");
  recent_.on_fork(1, 2);
  recent_.on_exit(2);
  recent_.forget();
  EXPECT_EQ(name_of(2), "unknown");
  EXPECT_EQ(name_of(1), "/bin/sh") << "it is there to be asked";
}

}  // namespace
}  // namespace warder::host
