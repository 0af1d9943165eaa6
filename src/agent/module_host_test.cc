#include "agent/module_host.h"

#include <gtest/gtest.h>

#include <csignal>

#include "agent/testing.h"

namespace warder::agent {
namespace {

using std::chrono::milliseconds;

class Owner : public ModuleHostOwner {
 public:
  Result<void> store(std::span<const protocol::Event> events) override {
    if (is_disk_full) return fail(ErrorCode::Unavailable, "disk full");
    for (const auto& event : events) stored.push_back(event);
    return {};
  }
  void on_failure(const ModuleFailure& failure) override { failures.push_back(failure); }
  void on_state_change() override { changes += 1; }

  std::vector<protocol::Event> stored;
  std::vector<ModuleFailure> failures;
  int changes = 0;
  bool is_disk_full = false;
};

class ModuleHostTest : public ::testing::Test {
 protected:
  void make(milliseconds healthy_after = milliseconds{60'000}) {
    ModuleHostOptions options;
    options.command = testing::probe_command(directory_.path());
    options.command.emplace_back("probe");
    options.restart_first = milliseconds{5};
    options.restart_longest = milliseconds{20};
    options.healthy_after = healthy_after;
    options.answer_patience = patience_;
    options.stop_patience = milliseconds{2000};
    options.store_retry = milliseconds{5};
    host_ = std::make_unique<ModuleHost>(*loop_, description_, options, owner_);
  }
  /// What configure() answered; "(none)" when it did not.
  std::string configure(const std::string& section) {
    std::string answer = "(none)";
    host_->configure(section, [&](const std::string& error) { answer = error; });
    testing::run_until(*loop_, [&] { return answer != "(none)"; });
    return answer;
  }
  protocol::CommandResult execute(const std::string& name, const std::string& arguments = "") {
    std::optional<protocol::CommandResult> answer;
    protocol::Command command;
    command.set_id("1");
    command.set_name(name);
    command.set_arguments(arguments);
    host_->execute(command, [&](const protocol::CommandResult& result) { answer = result; });
    testing::run_until(*loop_, [&] { return answer.has_value(); });
    return answer.value_or(protocol::CommandResult());
  }
  bool wait_for(const std::function<bool()>& done) { return testing::run_until(*loop_, done); }

  testing::Directory directory_;
  std::unique_ptr<Loop> loop_ = std::move(*Loop::create());
  ModuleDescription description_ = testing::probe_module();
  Owner owner_;
  milliseconds patience_{5000};
  std::unique_ptr<ModuleHost> host_;
};

TEST_F(ModuleHostTest, RunsAModuleAndKeepsItsEvents) {
  make();
  EXPECT_EQ(configure(R"({"emit": 2500})"), "");
  EXPECT_TRUE(wait_for([&] { return owner_.stored.size() == 2500; }));
  EXPECT_TRUE(wait_for([&] { return host_->state().state() == "on"; }));
  EXPECT_EQ(owner_.stored.front().module(), static_cast<std::uint32_t>(ModuleKind::Integrity));
  EXPECT_EQ(host_->section(), R"({"emit": 2500})");
}

TEST_F(ModuleHostTest, KeepsTheOldSectionWhenTheModuleRefuses) {
  make();
  EXPECT_EQ(configure("{}"), "");
  EXPECT_EQ(configure(R"({"refuse": "/watch: bad"})"), "/watch: bad");
  EXPECT_EQ(host_->section(), "{}");
  EXPECT_EQ(configure("[]"), "/: not an object");
}

TEST_F(ModuleHostTest, IsOffAgainWhenItsFirstSectionIsRefused) {
  make();
  EXPECT_EQ(configure(R"({"refuse": "no"})"), "no");
  EXPECT_TRUE(wait_for([&] { return host_->pid() == 0; }));
  EXPECT_EQ(host_->state().state(), "off");
  EXPECT_TRUE(owner_.failures.empty());
}

TEST_F(ModuleHostTest, RefreshesWithoutAnsweringForAnotherSection) {
  make();
  ASSERT_EQ(configure(R"({"emit": 1})"), "");
  host_->refresh();
  EXPECT_EQ(configure(R"({"refuse": "no"})"), "no");
  EXPECT_TRUE(wait_for([&] { return owner_.stored.size() == 2; }));
  EXPECT_EQ(host_->section(), R"({"emit": 1})");
}

TEST_F(ModuleHostTest, RestartsAKilledWorkerWithItsSection) {
  make();
  ASSERT_EQ(configure(R"({"emit": 1})"), "");
  ASSERT_TRUE(wait_for([&] { return owner_.stored.size() == 1; }));
  const pid_t first = host_->pid();
  ::kill(first, SIGKILL);
  EXPECT_TRUE(wait_for([&] { return host_->pid() != 0 && host_->pid() != first; }));
  EXPECT_TRUE(wait_for([&] { return owner_.stored.size() == 2; }));
  ASSERT_EQ(owner_.failures.size(), 1U);
  EXPECT_EQ(owner_.failures[0].end.signal, SIGKILL);
}

TEST_F(ModuleHostTest, GivesAModuleAFreshProcessThatAsksForIt) {
  make();
  ASSERT_EQ(configure(R"({"emit": 1})"), "");
  const pid_t first = host_->pid();
  EXPECT_EQ(configure(R"({"emit": 2, "fresh": true})"), "");
  EXPECT_TRUE(wait_for([&] { return host_->pid() != 0 && host_->pid() != first && owner_.stored.size() >= 3; }));
  EXPECT_EQ(host_->section(), R"({"emit": 2, "fresh": true})");
  EXPECT_TRUE(owner_.failures.empty());
}

TEST_F(ModuleHostTest, IsDegradedWhenItKeepsFailingAndRecovers) {
  make(milliseconds{100});
  ASSERT_EQ(configure("{}"), "");
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(wait_for([&] { return host_->pid() != 0; }));
    ::kill(host_->pid(), SIGKILL);
    ASSERT_TRUE(wait_for([&] { return owner_.failures.size() == static_cast<std::size_t>(i) + 1; }));
  }
  EXPECT_EQ(host_->state().state(), "degraded");
  EXPECT_EQ(host_->state().reason(), "agent.module.failed");
  EXPECT_TRUE(wait_for([&] { return host_->state().state() == "on"; }));
}

TEST_F(ModuleHostTest, RefusesAPolicyThatMakesTheModuleCrash) {
  make();
  ASSERT_EQ(configure("{}"), "");
  EXPECT_EQ(configure(R"({"crash": true})"), "the module's process ended: exit code 3");
  EXPECT_EQ(host_->section(), "{}");
  EXPECT_TRUE(wait_for([&] { return host_->state().state() == "on"; }));
}

TEST_F(ModuleHostTest, RefusesAPolicyThatIsNotAnsweredInTime) {
  patience_ = milliseconds{3000};  // its start counts as well, and a busy machine takes a while for that
  make();
  ASSERT_EQ(configure("{}"), "");
  EXPECT_EQ(configure(R"({"hang": true})"), "the module did not answer in time");
  EXPECT_TRUE(wait_for([&] { return owner_.failures.size() == 1; }));
  EXPECT_TRUE(wait_for([&] { return host_->state().state() == "on"; }));
}

TEST_F(ModuleHostTest, HoldsTheWorkerWhileTheDiskIsFull) {
  make();
  owner_.is_disk_full = true;
  ASSERT_EQ(configure(R"({"emit": 1500})"), "");
  EXPECT_EQ(execute("echo", R"({"a":1})").output(), R"({"a":1})");
  EXPECT_TRUE(owner_.stored.empty());
  owner_.is_disk_full = false;
  EXPECT_TRUE(wait_for([&] { return owner_.stored.size() == 1500; }));
}

TEST_F(ModuleHostTest, CarriesCommands) {
  make();
  EXPECT_EQ(execute("echo").error(), "the module does not run");
  ASSERT_EQ(configure("{}"), "");
  EXPECT_TRUE(execute("echo", R"({"b":true})").succeeded());
  EXPECT_EQ(execute("fail").error(), "told to fail");
  EXPECT_EQ(execute("echo", "[").succeeded(), false);
  EXPECT_EQ(execute("crash").error(), "the module's process ended");
}

TEST_F(ModuleHostTest, StopsWithoutCallingItAFailure) {
  make();
  ASSERT_EQ(configure(R"({"state": "degraded"})"), "");
  ASSERT_TRUE(wait_for([&] { return host_->state().state() == "degraded"; }));
  bool is_stopped = false;
  host_->stop([&] { is_stopped = true; });
  EXPECT_TRUE(wait_for([&] { return is_stopped; }));
  EXPECT_TRUE(owner_.failures.empty());
  EXPECT_EQ(host_->state().state(), "off");
}

TEST_F(ModuleHostTest, EndsAProcessThatUsesTooMuchMemory) {
  ModuleHostOptions options;
  options.command = testing::probe_command(directory_.path());
  options.command.emplace_back("probe");
  options.memory_max_bytes = 1;
  host_ = std::make_unique<ModuleHost>(*loop_, description_, options, owner_);
  ASSERT_EQ(configure("{}"), "");
  host_->check_resources();
  EXPECT_TRUE(wait_for([&] { return owner_.failures.size() == 1; }));
  EXPECT_EQ(owner_.failures[0].why, "it used too much memory");
}

}  // namespace
}  // namespace warder::agent
