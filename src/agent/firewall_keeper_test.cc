#include "agent/firewall_keeper.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/json.h"
#include "base/random.h"

namespace warder::agent {
namespace {

using std::chrono::seconds;

class Silent final : public Log {
 public:
  void write(LogLevel, std::string_view, std::string_view, std::initializer_list<LogField>) override {}
};

/// A kernel that remembers the last ruleset.
class Kernel final : public host::PacketFilter {
 public:
  Result<void> apply(std::string_view ruleset) override {
    ++applied;
    if (is_broken || (!refused.empty() && ruleset.find(refused) != std::string_view::npos))
      return fail(ErrorCode::Invalid, "nft: no");
    const auto json = parse_json(ruleset, 1 << 26);
    EXPECT_TRUE(json);
    if (ruleset.find("\"element\"") != std::string_view::npos) {
      elements.emplace_back(ruleset);
      return {};
    }
    rules = ruleset.find("\"chain\"") == std::string_view::npos ? "" : std::string(ruleset);
    return {};
  }
  Result<void> apply_text(std::string_view ruleset) override { return apply(ruleset); }
  Result<std::string> fingerprint() override { return rules; }

  std::string rules;
  std::vector<std::string> elements;
  int applied = 0;
  bool is_broken = false;
  std::string refused;  // rulesets with this in them
};

class FirewallKeeperTest : public ::testing::Test {
 protected:
  FirewallKeeperTest() : directory_(std::filesystem::temp_directory_path() / ("keeper-" + to_hex(random_bytes(8)))) {
    std::filesystem::create_directories(directory_);
    restart();
  }
  ~FirewallKeeperTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  void restart() {
    keeper_ = std::make_unique<FirewallKeeper>(kernel_, log_, directory_);
    keeper_->start(now());
  }
  [[nodiscard]] FirewallMoment now() const {
    return {Timestamp{seconds{1'800'000'000}} + time_, std::chrono::steady_clock::time_point{time_}, {}};
  }
  void pass(seconds time) {
    for (seconds i{0}; i < time; ++i) {
      time_ += seconds{1};
      keeper_->tick(now());
      for (Event& event : keeper_->take_events()) told_.push_back(event.type);
    }
  }
  void set(std::string_view text) {
    const auto json = parse_json(text);
    ASSERT_TRUE(json);
    const auto done = keeper_->set_section(json->get_object(), now());
    EXPECT_TRUE(done) << done.error().message;
  }
  void hear() { keeper_->set_link({true, {"198.51.100.7:8444"}, now().steady}, now()); }
  bool was_told(std::string_view type) {
    for (Event& event : keeper_->take_events()) told_.push_back(event.type);
    return std::find(told_.begin(), told_.end(), type) != told_.end();
  }
  bool has_rule(std::string_view id) const { return kernel_.rules.find(id) != std::string::npos; }

  static constexpr const char* kOld =
      R"({"mode":"inline","rules":[{"id":"earlier","action":"deny","protocol":"tcp","destination_ports":["23"]}]})";
  static constexpr const char* kNew =
      R"({"mode":"inline","rules":[{"id":"later","action":"deny","protocol":"tcp","destination_ports":["24"]}]})";

  std::filesystem::path directory_;
  seconds time_{1'000'000};
  Kernel kernel_;
  Silent log_;
  std::unique_ptr<FirewallKeeper> keeper_;
  std::vector<std::string> told_;
};

TEST_F(FirewallKeeperTest, TouchesNothingWithoutWork) {
  set("{}");
  set(R"({"mode":"tap"})");
  pass(seconds{100});
  EXPECT_EQ(kernel_.applied, 0);
  EXPECT_EQ(keeper_->status().condition, ModuleCondition::Off);
}

TEST_F(FirewallKeeperTest, ChangesThatCutTheManagerOffAreTakenBack) {
  set(kOld);
  pass(seconds{1});
  hear();
  EXPECT_TRUE(std::filesystem::exists(directory_ / kLastGoodRules));
  set(kNew);
  EXPECT_TRUE(has_rule("later"));
  pass(seconds{59});
  EXPECT_TRUE(has_rule("later"));
  pass(seconds{2});
  EXPECT_TRUE(has_rule("earlier"));
  EXPECT_FALSE(has_rule("later"));
  EXPECT_TRUE(was_told("firewall.rules.rolled-back"));
  EXPECT_EQ(keeper_->status().reason, "firewall.rules.rolled-back");
  set(kNew);  // the same once more, as after new content
  EXPECT_FALSE(has_rule("later"));
  restart();
  set(kOld);
  EXPECT_TRUE(has_rule("earlier"));
}

TEST_F(FirewallKeeperTest, TheManagersWordConfirmsAChange) {
  set(kOld);
  hear();  // may have been under way
  pass(seconds{2});
  EXPECT_TRUE(was_told("firewall.rules.applied")) << "so that the manager answers";
  hear();
  pass(seconds{100});
  EXPECT_TRUE(has_rule("earlier"));
  EXPECT_EQ(keeper_->status().condition, ModuleCondition::On);
}

TEST_F(FirewallKeeperTest, TheFirstRulesAreTakenBackWhole) {
  set(kOld);
  pass(seconds{61});
  EXPECT_EQ(kernel_.rules, "");
}

TEST_F(FirewallKeeperTest, WhatOthersChangeIsRepaired) {
  set(kOld);
  pass(seconds{1});
  hear();
  const std::string good = kernel_.rules;
  kernel_.rules.clear();
  keeper_->on_touched(now());
  EXPECT_EQ(kernel_.rules, good);
  EXPECT_TRUE(was_told("firewall.table.repaired"));
  const int applied = kernel_.applied;
  keeper_->on_touched(now());
  EXPECT_EQ(kernel_.applied, applied) << "nothing to repair";
  for (int i = 0; i < 50; ++i) {
    kernel_.rules.clear();
    keeper_->on_touched(now());
  }
  EXPECT_LE(kernel_.applied, applied + 10) << "no endless fight";
  pass(seconds{6});
  EXPECT_EQ(kernel_.rules, good);
}

TEST_F(FirewallKeeperTest, IsolationLastsAndEnds) {
  hear();
  ASSERT_TRUE(keeper_->isolate({"192.0.2.8"}, 5, now()));
  EXPECT_TRUE(has_rule("192.0.2.8"));
  EXPECT_TRUE(has_rule("198.51.100.7"));
  restart();
  set("{}");
  EXPECT_TRUE(has_rule("192.0.2.8")) << "over a restart";
  pass(seconds{301});
  EXPECT_EQ(kernel_.rules, "");
  EXPECT_TRUE(was_told("firewall.host.released"));
  EXPECT_FALSE(keeper_->isolate({"nonsense"}, 0, now()));
}

TEST_F(FirewallKeeperTest, RefusedRulesLeaveWhatThereWas) {
  set(kOld);
  kernel_.is_broken = true;
  const auto json = parse_json(kNew);
  EXPECT_FALSE(keeper_->set_section(json->get_object(), now()));
  EXPECT_TRUE(has_rule("earlier"));
  EXPECT_FALSE(keeper_->set_section({{"mode", "sideways"}}, now()));
}

TEST_F(FirewallKeeperTest, FailingOpenIsToldAndTriedAgain) {
  kernel_.is_broken = true;
  set(kOld);
  EXPECT_TRUE(was_told("firewall.rules.failed"));
  EXPECT_EQ(keeper_->status().condition, ModuleCondition::Degraded);
  kernel_.is_broken = false;
  pass(seconds{31});
  EXPECT_TRUE(has_rule("earlier"));
  EXPECT_EQ(keeper_->status().condition, ModuleCondition::On);
}

TEST_F(FirewallKeeperTest, FailingClosedLetsOnlyTheManagerPass) {
  hear();
  kernel_.refused = "earlier";
  std::string closed = kOld;
  closed.insert(1, R"("on_failure":"closed",)");
  set(closed);
  EXPECT_TRUE(was_told("firewall.rules.failed"));
  EXPECT_EQ(keeper_->status().condition, ModuleCondition::Degraded);
  EXPECT_TRUE(has_rule("198.51.100.7"));
  EXPECT_FALSE(has_rule("earlier"));
  pass(seconds{31});
  EXPECT_TRUE(has_rule("198.51.100.7")) << "as long as it fails";
  kernel_.refused.clear();
  pass(seconds{31});
  EXPECT_TRUE(has_rule("earlier"));
  EXPECT_EQ(keeper_->status().condition, ModuleCondition::On);
}

TEST_F(FirewallKeeperTest, BlocksSourcesButNeverTheManager) {
  set(kOld);
  hear();
  EXPECT_FALSE(*keeper_->block(*parse_ip("198.51.100.7"), now()));
  EXPECT_TRUE(*keeper_->block(*parse_ip("203.0.113.9"), now()));
  EXPECT_FALSE(*keeper_->block(*parse_ip("203.0.113.9"), now())) << "already";
  EXPECT_EQ(kernel_.elements.size(), 1U);
  set(kNew);
  EXPECT_TRUE(has_rule("203.0.113.9")) << "a new ruleset has it too";
  EXPECT_TRUE(*keeper_->unblock(*parse_ip("203.0.113.9"), now()));
}

TEST_F(FirewallKeeperTest, SchedulesAreFollowed) {
  // 1,800,000,000 is a Friday, 08:00:00 UTC; the fixture's clock is at 21:46:40 twelve days later.
  set(R"({"mode":"inline","commit_confirm_s":0,"schedules":[{"name":"late","windows":["daily 21:50-21:52"],"time":"utc"}],
          "rules":[{"id":"timed","action":"deny","protocol":"tcp","destination_ports":["24"],"schedule":"late"}]})");
  EXPECT_FALSE(has_rule("timed"));
  pass(seconds{201});
  EXPECT_TRUE(has_rule("timed"));
  pass(seconds{121});
  EXPECT_FALSE(has_rule("timed"));
}

TEST_F(FirewallKeeperTest, RemovalLeavesNothingInTheKernel) {
  set(kOld);
  EXPECT_TRUE(keeper_->remove());
  EXPECT_EQ(kernel_.rules, "");
}

}  // namespace
}  // namespace warder::agent
