#include "agent/process_inspector.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <thread>
#include <utility>
#include <vector>

#include "host/linux/linux_host.h"
#include "host/testing/facts.h"
#include "host/testing/file_watch.h"

namespace warder::agent {
namespace {

host::ProcessInfo sample(std::int32_t pid) {
  host::ProcessInfo info;
  info.pid = pid;
  info.parent = 1;
  info.start_tick = 77;
  info.executable = "/usr/bin/sed";
  info.command_line = std::string("sed \xff", 5);
  info.uid = 0;
  info.control_group = "/system.slice/cron.service";
  info.container_id = std::string(64, 'c');
  return info;
}

/// An inspector on a thread, over a host of the test's own.
class InspectorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto pair = make_channel_pair().value();
    server_ = std::jthread([this, fd = std::move(pair.worker)]() mutable {
      Channel channel(std::move(fd));
      serve_inspector(channel, {recent_, facts_});
    });
    inspector_ = std::make_unique<ProcessInspector>(std::move(pair.supervisor), [this](const Error&) { ++lost_; });
  }
  void TearDown() override { inspector_.reset(); }  // then the thread ends

  host::testing::FixedProcessTable live_;
  host::testing::FixedFacts facts_;
  host::RecentProcesses recent_{live_};
  std::jthread server_;
  std::unique_ptr<ProcessInspector> inspector_;
  int lost_ = 0;
};

TEST_F(InspectorTest, TellsWhatTheTableSays) {
  live_.add(sample(7));
  const auto table = inspector_->make_table();
  EXPECT_EQ(table->find(7), sample(7));
  EXPECT_EQ(table->find(8), std::nullopt);
  EXPECT_EQ(table->find(-1), std::nullopt);
  EXPECT_EQ(lost_, 0);
}

TEST_F(InspectorTest, ListsProcessesAndSocketsAndLeavesTheRestToTheWorker) {
  facts_.process_list->push_back(sample(7));
  host::ListeningSocket socket;
  socket.protocol = host::SocketProtocol::Udp;
  socket.address = parse_ip("192.0.2.1").value();
  socket.port = 514;
  socket.uid = 104;
  socket.inode = 1ULL << 40;
  socket.interface = 2;
  socket.pid = 7;
  socket.executable = "/usr/sbin/rsyslogd";
  socket.control_group = "/system.slice/rsyslog.service";
  facts_.socket_list->push_back(socket);
  auto here = std::make_unique<host::testing::FixedFacts>();
  here->user_list->push_back({});
  const auto facts = inspector_->make_facts(std::move(here));
  EXPECT_EQ(facts->processes().value(), std::vector{sample(7)});
  EXPECT_EQ(facts->listening_sockets().value(), std::vector{socket});
  EXPECT_EQ(facts->users()->size(), 1U);
}

TEST_F(InspectorTest, WhatCannotBeKnownIsNotNothing) {
  facts_.socket_list = fail(ErrorCode::Unavailable, "no sockets here");
  const auto facts = inspector_->make_facts(std::make_unique<host::testing::FixedFacts>());
  EXPECT_EQ(facts->listening_sockets().error(), (Error{ErrorCode::Unavailable, "no sockets here"}));
  EXPECT_EQ(lost_, 0);
}

/// A kernel that tells one thing at each look.
class SlowEvents final : public host::ProcessEvents {
 public:
  [[nodiscard]] std::string_view mechanism() const noexcept override { return "test"; }
  [[nodiscard]] int fd() const noexcept override { return -1; }
  void read(host::RecentProcesses& into) override {
    if (looks_++ == 0) return;
    into.on_exec(sample(7));
    into.on_exit(7);
  }

 private:
  int looks_ = 0;
};

TEST(InspectorEvents, AreReadBeforeEachAnswer) {
  host::testing::FixedProcessTable live;
  host::testing::FixedFacts facts;
  host::RecentProcesses recent{live};
  SlowEvents events;
  std::jthread server;  // ends when the client is gone
  auto pair = make_channel_pair().value();
  Channel client(std::move(pair.supervisor));
  protocol::WorkerEnvelope question;
  question.mutable_inspect()->set_what(protocol::Inspect::PROCESS);
  question.mutable_inspect()->set_pid(7);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(client.send(question));  // the second is there when the first is answered
  server = std::jthread([&, fd = std::move(pair.worker)]() mutable {
    Channel channel(std::move(fd));
    serve_inspector(channel, {recent, facts, &events});
  });
  static_cast<void>(client.receive());
  const auto second = client.receive();
  ASSERT_TRUE(second && *second);
  ASSERT_EQ((*second)->inspected().processes_size(), 1);
  EXPECT_EQ((*second)->inspected().processes(0).executable(), sample(7).executable);
}

TEST(InspectorLost, IsToldToItsOwner) {
  auto pair = make_channel_pair().value();
  pair.worker.reset();
  int lost = 0;
  ProcessInspector inspector(std::move(pair.supervisor), [&](const Error&) { ++lost; });
  EXPECT_EQ(inspector.make_table()->find(1), std::nullopt);
  EXPECT_EQ(lost, 1);
}

/// The real one, on this host: in a process of its own, behind its sandbox.
class RealInspector : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "the inspector needs root";
    inspector_.emplace(fork_process_inspector().value(), [](const Error& error) { ADD_FAILURE() << error.message; });
    table_ = inspector_->make_table();
    ASSERT_TRUE(table_->find(::getpid())) << "from now on it listens";
  }
  std::optional<ProcessInspector> inspector_;
  std::unique_ptr<host::ProcessTable> table_;
};

TEST_F(RealInspector, SeesWhatAnotherProcessRuns) {
  const auto seen = table_->find(::getpid());
  const auto here = host::make_linux_process_table()->find(::getpid());
  ASSERT_TRUE(seen && here);
  EXPECT_EQ(seen->executable, here->executable);
  EXPECT_NE(seen->executable, "");
}

/// Starts one program after the other and tells their numbers; ends with its object.
class Starter {
 public:
  Starter() {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) return;
    pid_ = ::fork();
    if (pid_ == 0) start_programs(ends[1]);
    read_ = UniqueFd(ends[0]);
    ::close(ends[1]);
  }
  ~Starter() { stop(); }
  Starter(const Starter&) = delete;
  Starter& operator=(const Starter&) = delete;

  std::vector<pid_t> stop() {
    std::vector<pid_t> started;
    if (pid_ <= 0) return started;
    ::kill(pid_, SIGTERM);
    for (pid_t pid = 0; ::read(read_.get(), &pid, sizeof pid) == sizeof pid;) started.push_back(pid);
    ::waitpid(std::exchange(pid_, 0), nullptr, 0);
    return started;
  }

 private:
  [[noreturn]] static void start_programs(int tell) {
    static volatile std::sig_atomic_t is_over = 0;
    std::signal(SIGTERM, [](int) { is_over = 1; });
    while (is_over == 0) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        ::execl("/bin/true", "other", nullptr);
        ::_exit(127);
      }
      ::waitpid(pid, nullptr, 0);
      if (::write(tell, &pid, sizeof pid) < 0) break;
    }
    ::_exit(0);
  }

  pid_t pid_ = 0;
  UniqueFd read_;
};

// The kernel is listened to point by point while programs start: none may end up with the name of who started it.
TEST(InspectorStart, MistakesNobodyForItsParent) {
  if (::geteuid() != 0) GTEST_SKIP() << "the inspector needs root";
  for (int i = 0; i < 5; ++i) {
    Starter starter;
    ProcessInspector inspector(fork_process_inspector().value(),
                               [](const Error& error) { ADD_FAILURE() << error.message; });
    const auto table = inspector.make_table();
    ASSERT_TRUE(table->find(::getpid())) << "from now on it listens";
    for (const pid_t pid : starter.stop()) {
      const auto info = table->find(pid);
      if (info) {
        EXPECT_EQ(info->command_line, "other");
      }
    }
  }
}

TEST_F(RealInspector, KnowsOneThatHasEnded) {
  // PROC_PID_INIT_INO of linux/proc_ns.h
  if (std::filesystem::read_symlink("/proc/self/ns/pid") != "pid:[4026531836]")
    GTEST_SKIP() << "the kernel tells of processes in the initial PID namespace only";
  const bool traces = inspector_->mechanism().value() == "ebpf";
  // Without a trace its program is known when it lived long enough to be read, and "unknown" otherwise: never that of
  // its parent.
  int known = 0;
  int status = 0;
  for (int i = 0; i < 20; ++i) {
    const pid_t next = ::fork();
    if (next == 0) {
      ::execl("/bin/sh", "sh", "-c", "read line </proc/self/stat; read line </proc/self/maps", nullptr);
      ::_exit(127);
    }
    ::waitpid(next, &status, 0);
    const auto info = table_->find(next);
    if (!info) continue;
    known += 1;
    EXPECT_TRUE(info->command_line.starts_with("sh -c read line")) << info->command_line;
  }
  EXPECT_GT(known, traces ? 19 : 0);
}

}  // namespace
}  // namespace warder::agent
