#include "agent/ips_policy.h"

#include <gtest/gtest.h>

#include "agent/ips_watch.h"
#include "agent/testing.h"
#include "base/file.h"
#include "base/json.h"

namespace warder::agent {
namespace {

using std::chrono::hours;

constexpr std::string_view kPackRules = R"(drop tcp any any -> any any (msg:"d"; content:"aaaa"; sid:1; rev:1;)
alert tcp any any -> any any (msg:"a"; content:"bbbb"; classtype:web-application-attack; sid:2; rev:1;)
alert tcp any any -> any any (this is no rule; sid:3;)
pass tcp any any -> any any (msg:"p"; content:"cccc"; sid:4; rev:1;)
)";

class IpsPolicyTest : public ::testing::Test {
 protected:
  IpsPolicyTest() {
    std::filesystem::create_directories(directory_.path() / "packs/web");
    std::filesystem::create_directories(directory_.path() / "state");
    write(kPackRules);
    EXPECT_TRUE(write_file_atomically(directory_.path() / "packs/web/pack.json", R"({"name": "web", "version": "1"})"));
    rollout_ = IpsRollout::open(directory_.path() / "state").value();
  }
  void write(std::string_view rules) {
    EXPECT_TRUE(write_file_atomically(directory_.path() / "packs/web/web.rules", rules));
  }
  Result<std::shared_ptr<const IpsPolicy>> compile(std::string_view section, hours later = hours(0)) {
    const auto settings = WD_TRY(parse_json_as<ips::Policy>(*parse_json(section)));
    return compile_ips_policy(settings, {directory_.path() / "packs", {}}, *rollout_, kNow + later);
  }
  static ips::Action action_of(const IpsPolicy& policy, std::uint32_t sid) {
    for (const ips::Rule& rule : policy.rules->rules()) {
      if (rule.sid == sid) return rule.action;
    }
    ADD_FAILURE() << "no rule " << sid;
    return ips::Action::Pass;
  }

  static constexpr Timestamp kNow = Timestamp(std::chrono::seconds(1'800'000'000));
  testing::Directory directory_;
  std::unique_ptr<IpsRollout> rollout_;
};

TEST_F(IpsPolicyTest, NewRulesOnlyCountUntilTheirTimeIsUp) {
  const auto first = compile(R"j({"mode": "prevent", "pack_stages": ["web prevent"], "shadow_hours": 24})j").value();
  EXPECT_EQ(first->standings.at({1, 1}).stage, RuleStage::Shadow);
  EXPECT_EQ(action_of(*first, 1), ips::Action::Alert);
  EXPECT_FALSE(first->standings.contains({1, 3}));
  EXPECT_EQ(first->skipped, 1U);
  EXPECT_NE(first->first_skipped.find("web.rules:3"), std::string::npos) << first->first_skipped;
  EXPECT_EQ(first->next_promotion, kNow + hours(24));
  for (const ips::Rule& rule : first->rules->rules()) EXPECT_NE(rule.sid, 4U) << "a pass rule in shadow hides others";
  const auto later =
      compile(R"j({"mode": "prevent", "pack_stages": ["web prevent"], "shadow_hours": 24})j", hours(25)).value();
  EXPECT_EQ(later->standings.at({1, 1}).stage, RuleStage::Prevent);
  EXPECT_EQ(action_of(*later, 1), ips::Action::Drop);
  EXPECT_EQ(action_of(*later, 2), ips::Action::Alert);
  EXPECT_EQ(action_of(*later, 4), ips::Action::Pass);
}

TEST_F(IpsPolicyTest, ANewRevisionIsNewOthersStay) {
  ASSERT_TRUE(compile(R"j({"mode": "detect"})j"));
  std::string changed(kPackRules);
  changed.replace(changed.find("rev:1"), 5, "rev:2");
  write(changed);
  const auto policy = compile(R"j({"mode": "detect"})j", hours(30)).value();
  EXPECT_EQ(policy->standings.at({1, 1}).stage, RuleStage::Shadow);
  EXPECT_EQ(policy->standings.at({1, 2}).stage, RuleStage::Detect);
}

TEST_F(IpsPolicyTest, NothingBlocksThatWasNotAllowedTo) {
  const auto without = compile(R"j({"mode": "prevent", "shadow_hours": 0})j").value();
  EXPECT_EQ(action_of(*without, 1), ips::Action::Alert) << "the pack's stage is detect";
  EXPECT_TRUE(without->standings.at({1, 1}).would_block);
  const auto detect = compile(R"j({"mode": "detect", "shadow_hours": 0, "pack_stages": ["web prevent"],
      "rules": ["drop tcp any any -> any any (content:\"x\"; sid:9;)"]
})j")
                          .value();
  EXPECT_EQ(action_of(*detect, 1), ips::Action::Alert);
  EXPECT_EQ(action_of(*detect, 9), ips::Action::Alert);
  const auto prevent = compile(R"j({"mode": "prevent", "shadow_hours": 0,
      "rules": ["drop tcp any any -> any any (content:\"x\"; sid:9;)"], "rule_modes": ["2 prevent", "1:1 off"]
  })j")
                           .value();
  EXPECT_EQ(action_of(*prevent, 9), ips::Action::Drop);
  EXPECT_EQ(action_of(*prevent, 2), ips::Action::Drop) << "one rule, made to block by the policy";
  EXPECT_FALSE(prevent->standings.contains({1, 1})) << "off";
}

TEST_F(IpsPolicyTest, ClassesMayBlock) {
  const auto policy = compile(R"j({"mode": "prevent", "shadow_hours": 0, "pack_stages": ["web prevent"],
      "block_classes": ["web-application-attack"]})j")
                          .value();
  EXPECT_EQ(action_of(*policy, 2), ips::Action::Drop);
}

TEST_F(IpsPolicyTest, SuspendedAndDoubtedRulesStepBack) {
  ASSERT_TRUE(compile(R"j({"mode": "detect", "shadow_hours": 0})j"));
  rollout_->suspend({1, 1}, "slow");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(rollout_->mark_false_positive({1, 2}));
  ASSERT_TRUE(rollout_->save());
  rollout_ = IpsRollout::open(directory_.path() / "state").value();
  const auto policy = compile(R"j({"mode": "detect", "shadow_hours": 0})j").value();
  EXPECT_FALSE(policy->standings.contains({1, 1}));
  EXPECT_EQ(policy->suspended, 1U);
  EXPECT_EQ(policy->standings.at({1, 2}).stage, RuleStage::Shadow);
  ASSERT_TRUE(rollout_->resume({1, 1}));
  EXPECT_TRUE(compile(R"j({"mode": "detect", "shadow_hours": 0})j").value()->standings.contains({1, 1}));
}

TEST_F(IpsPolicyTest, NamesTheSettingThatIsWrong) {
  const struct {
    std::string_view section;
    std::string_view place;
  } kCases[] = {
      {R"j({"mode": "loud"})j", "/mode"},
      {R"j({"mode": "detect", "rules": ["alert tcp any any -> any any (sid:1;)", "nonsense"]})j", "/rules/1"},
      {R"j({"mode": "detect", "rule_modes": ["1 loud"]})j", "/rule_modes/0"},
      {R"j({"mode": "detect", "rule_modes": ["x off"]})j", "/rule_modes/0"},
      {R"j({"mode": "detect", "pack_stages": ["web"]})j", "/pack_stages/0"},
      {R"j({"mode": "detect", "rule_packs": ["none"]})j", "/rule_packs"},
      {R"j({"mode": "detect", "variables": ["HOME_NET"]})j", "/variables/0"},
      {R"j({"mode": "detect", "variables": ["HOME_NET=192.0.2.0/240"]})j", "/variables/0"},
      {R"j({"mode": "detect", "trusted": ["192.0.2.7/8"]})j", "/trusted/0"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.section);
    const auto policy = compile(c.section);
    ASSERT_FALSE(policy);
    EXPECT_EQ(policy.error().code, c.place == "/rule_packs" ? ErrorCode::NotFound : ErrorCode::Invalid);
    EXPECT_TRUE(policy.error().message.starts_with(c.place)) << policy.error().message;
  }
}

TEST_F(IpsPolicyTest, OffReadsNoRules) {
  const auto policy = compile("{}").value();
  EXPECT_FALSE(policy->is_on());
  EXPECT_EQ(policy->rules, nullptr);
}

TEST(IpsRollout, ADamagedStateIsSaid) {
  const testing::Directory directory;
  ASSERT_TRUE(write_file_atomically(directory.path() / "rules.state", "warder ips rules 1\n1:x nonsense\n"));
  EXPECT_EQ(IpsRollout::open(directory.path()).error().code, ErrorCode::Corrupt);
  IpsRollout::discard(directory.path());
  EXPECT_TRUE(IpsRollout::open(directory.path()));
}

TEST(IpsWatch, SuspendsWhatIsOverItsBudgetTwice) {
  ips::Policy settings;
  settings.rule_budget_percent = 10;
  IpsWatch watch;
  const auto look = [&](std::uint64_t all, std::uint64_t costly, std::uint64_t cheap) {
    RuleCosts costs;
    costs.ticks = all;
    costs.rules[{1, 1}] = {1000, 0, 1000, costly};
    costs.rules[{1, 2}] = {1000, 0, 1000, cheap};
    return watch.look(costs, settings);
  };
  auto found = look(100'000'000, 20'000'000, 5'000'000);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].rule, (RuleKey{1, 1}));
  EXPECT_EQ(found[0].percent, 20U);
  EXPECT_FALSE(found[0].is_to_be_suspended);
  EXPECT_TRUE(look(200'000'000, 21'000'000, 6'000'000).empty()) << "it was quiet in between";
  EXPECT_FALSE(look(300'000'000, 51'000'000, 7'000'000).at(0).is_to_be_suspended);
  EXPECT_TRUE(look(400'000'000, 81'000'000, 8'000'000).at(0).is_to_be_suspended);
  EXPECT_TRUE(look(401'000'000, 81'900'000, 8'000'000).empty()) << "too little to conclude anything";
  settings.suspend_costly = false;
  EXPECT_FALSE(look(500'000'000, 161'000'000, 9'000'000).at(0).is_to_be_suspended);
}

}  // namespace
}  // namespace warder::agent
