#include "agent/ips_report.h"

#include <gtest/gtest.h>

#include "agent/testing.h"
#include "base/json.h"

namespace warder::agent {
namespace {

using std::chrono::seconds;

class IpsReportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    rollout_ = IpsRollout::open(directory_.path()).value();
    set_policy(R"j({"mode": "prevent", "fold_s": 60, "max_events_per_s": 1, "rules": [
        "drop tcp any any -> any any (msg:\"Bad \\; thing\"; content:\"x\"; classtype:web-application-attack; reference:cve,2021-44228; sid:1; rev:4;)",
        "alert tcp any any -> any any (msg:\"odd\"; content:\"y\"; metadata:signature_severity Critical; sid:2;)",
        "drop tcp any any -> any any (msg:\"new\"; content:\"z\"; sid:3;)"], "rule_modes": ["3 shadow"]})j");
  }
  void set_policy(std::string_view section) {
    policy_ = compile_ips_policy(parse_json_as<ips::Policy>(*parse_json(section)).value(), {}, *rollout_,
                                 Timestamp(seconds(1'800'000'000)))
                  .value();
  }
  IpsAlert alert(std::uint32_t sid, std::uint32_t source = 0xc0000207, bool is_blocked = false) {
    ips::Alert made;
    for (const ips::Rule& rule : policy_->rules->rules()) {
      if (rule.sid == sid) made.rule = &rule;
    }
    made.is_blocked = is_blocked;
    made.transport = packet::Transport::Tcp;
    made.source = IpAddress::v4(source);
    made.destination = IpAddress::v4(0xc6336401);
    made.source_port = 40'000;
    made.destination_port = 80;
    made.app = ips::app::Protocol::Http1;
    made.flow = 7;
    return {made, policy_};
  }
  template <class T>
  static T value(const Event& event, std::string_view key) {
    const EventValue* const found = event.find(key);
    return found == nullptr ? T{} : std::get<T>(*found);
  }

  testing::Directory directory_;
  std::unique_ptr<IpsRollout> rollout_;
  std::shared_ptr<const IpsPolicy> policy_;
  IpsReport report_;
  IpsReport::SteadyTime start_{seconds(1000)};
};

TEST_F(IpsReportTest, SaysWhatRuleSawWhat) {
  const Event event = make_ips_event(alert(1, 0xc0000207, true));
  EXPECT_EQ(event.type, "ips.rule.blocked");
  EXPECT_EQ(event.action, Action::Blocked);
  EXPECT_EQ(event.severity, Severity::High);
  EXPECT_EQ(event.rule, "1:1");
  EXPECT_EQ(value<std::string>(event, "rule.description"), "Bad ; thing");
  EXPECT_EQ(value<std::int64_t>(event, "rule.revision"), 4);
  EXPECT_EQ(value<std::string>(event, "rule.references"), "CVE-2021-44228");
  EXPECT_EQ(value<std::string>(event, "source.ip"), "192.0.2.7");
  EXPECT_EQ(value<std::int64_t>(event, "destination.port"), 80);
  EXPECT_EQ(value<std::string>(event, "network.protocol"), "tcp");
  EXPECT_EQ(value<std::string>(event, "content.pack"), "policy");
  EXPECT_EQ(make_ips_event(alert(2)).severity, Severity::Critical);
}

TEST_F(IpsReportTest, FoldsWhatRepeats) {
  for (int i = 0; i < 5; ++i) report_.add(alert(1), start_, *rollout_);
  report_.add(alert(1, 0xc0000208), start_, *rollout_);
  EXPECT_EQ(report_.take(start_).size(), 2U) << "one for each source";
  EXPECT_EQ(report_.folded(), 4U);
  EXPECT_TRUE(report_.take(start_ + seconds(59)).empty());
  const auto after = report_.take(start_ + seconds(61));
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(value<std::int64_t>(after[0], "count"), 4);
  report_.add(alert(1), start_ + seconds(62), *rollout_);
  EXPECT_EQ(report_.take(start_ + seconds(62)).size(), 1U);
  EXPECT_EQ(rollout_->find({1, 1})->hits, 7U) << "every match counts";
}

TEST_F(IpsReportTest, KeepsToTheRateAndSaysHowManyWereLeftOut) {
  for (std::uint32_t i = 0; i < 30; ++i) report_.add(alert(1, 0xc0000200 + i), start_, *rollout_);
  const auto events = report_.take(start_);
  ASSERT_EQ(events.size(), 11U);
  EXPECT_EQ(events.back().type, "ips.events.suppressed");
  EXPECT_EQ(value<std::int64_t>(events.back(), "count"), 20);
  EXPECT_EQ(report_.suppressed(), 20U);
}

TEST_F(IpsReportTest, AShadowedRuleIsOnlyCounted) {
  report_.add(alert(3), start_, *rollout_);
  EXPECT_TRUE(report_.take(start_).empty());
  EXPECT_EQ(report_.shadowed(), 1U);
  EXPECT_EQ(rollout_->find({1, 3})->hits, 1U);
}

}  // namespace
}  // namespace warder::agent
