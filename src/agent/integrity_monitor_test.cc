#include "agent/integrity_monitor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "engines/integrity/testing.h"
#include "host/testing/clock.h"
#include "host/testing/facts.h"
#include "host/testing/file_tree.h"
#include "host/testing/file_watch.h"
#include "model/event_fields.h"

namespace warder::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Lines = std::vector<std::string>;

struct NoLog final : Log {
  void write(LogLevel /*level*/, std::string_view /*id*/, std::string_view /*message*/,
             std::initializer_list<LogField> /*fields*/) override {}
};

struct Sink final : EventSink {
  Result<void> emit(std::span<const Event> more) override {
    events.insert(events.end(), more.begin(), more.end());
    if (is_broken) return fail(ErrorCode::Unavailable, "no spool");
    return {};
  }
  Lines take() {
    Lines lines;
    for (const Event& event : events) {
      const EventValue* path = event.find("file.path");
      lines.push_back(event.type.substr(10) + (path == nullptr ? "" : " " + std::get<std::string>(*path)));
    }
    events.clear();
    return lines;
  }
  std::vector<Event> events;
  bool is_broken = false;
};

class IntegrityMonitorTest : public ::testing::Test {
 protected:
  IntegrityMonitorTest() { tree_.write("/w/a", "one"); }

  void start() {
    const IntegrityPorts ports{tree_, &watch_, processes_, {&facts_, [this] { return is_busy_; }}, &facts_};
    monitor_ = std::make_unique<IntegrityMonitor>(context_, ports, baseline_);
    ASSERT_TRUE(monitor_->start());
  }
  void set_policy(std::vector<std::string> watch) {
    integrity::Policy policy;
    policy.watch = std::move(watch);
    monitor_->set_policy(*integrity::compile(policy));
  }
  void start_watching() {
    start();
    set_policy({"/w"});
    settle();
    sink_.take();
  }
  void work() {
    while (true) {
      const auto scanned = monitor_->scan_next({});
      const auto worked = monitor_->work_once();
      ASSERT_TRUE(scanned) << scanned.error().message;
      ASSERT_TRUE(worked) << worked.error().message;
      if (!*scanned && !*worked) return;
    }
  }
  // Works until everything has had time to settle.
  void settle() {
    for (int i = 0; i < 8; ++i) {
      work();
      clock_.advance(seconds(1));
    }
  }
  void hear(host::WatchEvent event) { monitor_->hear({{std::move(event)}, {}, false}); }

  host::testing::MemoryFileTree tree_;
  host::testing::ScriptedFileWatch watch_;
  host::testing::FixedProcessTable processes_;
  host::testing::FixedFacts facts_;
  bool is_busy_ = false;  // a package manager
  warder::testing::ManualClock clock_;
  integrity::testing::MemoryBaseline baseline_;
  NoLog log_;
  Sink sink_;
  ModuleContext context_{sink_, log_, clock_, "/nowhere"};
  std::unique_ptr<IntegrityMonitor> monitor_;
};

TEST_F(IntegrityMonitorTest, TheFirstScanMakesABaselineAndOneEvent) {
  start();
  EXPECT_EQ(monitor_->status().condition, ModuleCondition::Off);
  set_policy({"/w"});
  EXPECT_EQ(monitor_->status().reason, "integrity.baseline.building");
  settle();
  ASSERT_EQ(sink_.events.size(), 1U);
  EXPECT_EQ(sink_.events[0].type, "integrity.baseline.created");
  EXPECT_EQ(std::get<std::int64_t>(*sink_.events[0].find("count")), 2);  // /w and /w/a
  EXPECT_EQ(monitor_->status().condition, ModuleCondition::On);
  EXPECT_TRUE(watch_.covers("/w"));
}

TEST_F(IntegrityMonitorTest, AChangeIsOneEventThatSaysWhoAndWas) {
  start_watching();
  host::ProcessInfo actor;
  actor.pid = 42;
  actor.executable = "/usr/bin/vi";
  actor.uid = 0;
  actor.login_uid = 1000;
  processes_.add(actor);
  tree_.write("/w/a", "other");
  hear({.path = "/w/a", .pid = 42, .was_written = true, .was_closed = true});
  work();
  EXPECT_TRUE(sink_.events.empty());  // not settled
  settle();
  ASSERT_EQ(sink_.events.size(), 1U);
  const Event& event = sink_.events[0];
  EXPECT_EQ(event.type, "integrity.file.updated");
  EXPECT_EQ(event.rule, "/w");
  EXPECT_EQ(std::get<std::string>(*event.find("process.executable")), "/usr/bin/vi");
  EXPECT_EQ(std::get<std::string>(*event.find("user.name")), "root");
  EXPECT_EQ(std::get<std::string>(*event.find("user.login_name")), "1000");
  EXPECT_EQ(std::get<std::string>(*event.find("change.attributes")), "content,size");
  EXPECT_EQ(std::get<std::int64_t>(*event.find("file.size.was")), 3);
  EXPECT_EQ(std::get<bool>(*event.find("change.while_stopped")), false);
  for (const auto& [key, value] : event.fields) EXPECT_NE(find_event_field(key), nullptr) << key;
}

TEST_F(IntegrityMonitorTest, AnEventIsAsLoudAsItsRule) {
  start();
  integrity::Policy policy;
  policy.watch = {"/w"};
  policy.severity = "low";
  policy.rules = {R"(<rules><rule id="loud" severity="critical"><FileSet base="/r"/></rule></rules>)"};
  tree_.write("/r/b", "one");
  monitor_->set_policy(*integrity::compile(policy));
  settle();
  sink_.take();
  tree_.write("/w/a", "two");
  tree_.write("/r/b", "two");
  hear({.path = "/w/a", .was_written = true, .was_closed = true});
  hear({.path = "/r/b", .was_written = true, .was_closed = true});
  settle();
  ASSERT_EQ(sink_.events.size(), 2U);
  for (const Event& event : sink_.events)
    EXPECT_EQ(event.severity, event.rule == "loud" ? Severity::Critical : Severity::Low) << event.rule;
}

TEST_F(IntegrityMonitorTest, AnAllowedChangeIsToldQuietly) {
  start();
  integrity::Policy policy;
  policy.watch = {"/w"};
  policy.allowances = {"ticket=CHG-1 from=2000-01-01T00:00:00Z to=2090-01-01T00:00:00Z path=/w/a"};
  tree_.write("/w/b", "one");
  monitor_->set_policy(*integrity::compile(policy));
  settle();
  sink_.take();
  tree_.write("/w/a", "two");
  tree_.write("/w/b", "two");
  hear({.path = "/w/a", .was_written = true, .was_closed = true});
  hear({.path = "/w/b", .was_written = true, .was_closed = true});
  settle();
  ASSERT_EQ(sink_.events.size(), 2U);
  for (const Event& event : sink_.events) {
    const bool is_allowed = std::get<std::string>(*event.find("file.path")) == "/w/a";
    EXPECT_EQ(event.severity, is_allowed ? Severity::Info : Severity::Medium);
    EXPECT_EQ(event.find("change.explained_by") != nullptr, is_allowed);
  }
}

TEST_F(IntegrityMonitorTest, AChangeWaitsUntilThePackageManagerHasWrittenItDown) {
  start_watching();
  is_busy_ = true;
  tree_.write("/w/a", "by a package");
  clock_.step_to(from_micros(tree_.now_ns() / 1000));
  hear({.path = "/w/a", .was_written = true, .was_closed = true});
  settle();
  EXPECT_TRUE(sink_.events.empty());
  is_busy_ = false;
  settle();
  ASSERT_EQ(sink_.events.size(), 1U);
  EXPECT_EQ(sink_.events[0].severity, Severity::Medium);  // and no package has it
}

TEST_F(IntegrityMonitorTest, AUserThatAppearsIsToldOnce) {
  facts_.user_list = std::vector<host::User>{};
  start();
  integrity::Policy policy;
  policy.watch = {"/w"};
  policy.rules = {R"(<rules><rule id="users" severity="high"><UserSet/></rule></rules>)"};
  monitor_->set_policy(*integrity::compile(policy));
  settle();
  sink_.take();
  host::User eve;
  eve.name = "eve";
  facts_.user_list = std::vector<host::User>{eve};
  clock_.advance(seconds(300));
  settle();
  ASSERT_EQ(sink_.events.size(), 1U);
  EXPECT_EQ(sink_.events[0].type, "integrity.entity.created");
  EXPECT_EQ(sink_.events[0].severity, Severity::High);
  EXPECT_EQ(std::get<std::string>(*sink_.events[0].find("entity.key")), "eve");
  for (const auto& [key, value] : sink_.events[0].fields) EXPECT_NE(find_event_field(key), nullptr) << key;
  clock_.advance(seconds(300));
  settle();
  EXPECT_EQ(sink_.events.size(), 1U);
}

TEST_F(IntegrityMonitorTest, AnUnknownActorIsNotGuessed) {
  start_watching();
  tree_.remove("/w/a");
  hear({.path = "/w/a", .pid = 99, .is_gone = true});
  settle();
  ASSERT_EQ(sink_.events.size(), 1U);
  EXPECT_EQ(sink_.events[0].find("process.pid"), nullptr);
}

TEST_F(IntegrityMonitorTest, WhatHappenedWhileItWasStoppedIsFoundOnce) {
  start_watching();
  tree_.write("/w/b", "new");
  tree_.remove("/w/a");
  start();
  set_policy({"/w"});
  settle();
  EXPECT_EQ(sink_.take(), (Lines{"file.created /w/b", "file.deleted /w/a"}));
  settle();
  EXPECT_EQ(sink_.take(), Lines{});
}

TEST_F(IntegrityMonitorTest, AReportCutShortIsSentAgainUnderTheSameIds) {
  start_watching();
  tree_.write("/w/b", "new");
  tree_.write("/w/c", "new");
  hear({.path = "/w/b", .is_new = true, .was_closed = true});
  hear({.path = "/w/c", .is_new = true, .was_closed = true});
  sink_.is_broken = true;  // the events arrive, the word that they did does not
  clock_.advance(seconds(1));
  EXPECT_FALSE(monitor_->work_once());
  const auto first = std::exchange(sink_.events, {});
  sink_.is_broken = false;
  start();
  set_policy({"/w"});
  settle();
  EXPECT_EQ(sink_.events, first);
}

TEST_F(IntegrityMonitorTest, AnOverflowIsToldOnceAndMadeUpForByAScan) {
  start_watching();
  tree_.write("/w/b", "unheard");
  monitor_->hear({{}, {{}}, false});
  ASSERT_TRUE(monitor_->work_once());
  EXPECT_EQ(monitor_->status().reason, "integrity.watch.overflow");
  monitor_->hear({{}, {{}}, false});
  settle();
  auto lines = sink_.take();
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(lines, (Lines{"file.created /w/b", "rescan.finished", "watch.overflow"}));
  EXPECT_EQ(monitor_->status().condition, ModuleCondition::On);
}

TEST_F(IntegrityMonitorTest, AnOverflowIsMadeUpForWhereItWas) {
  tree_.write("/w/here/a", "1");
  tree_.write("/w/there/a", "1");
  start_watching();
  sink_.take();
  tree_.write("/w/here/b", "unheard");
  tree_.write("/w/there/b", "unheard, and not lost there");
  monitor_->hear({{}, {{"/w/here", 0}, {"/elsewhere", 0}}, false});
  settle();
  const auto told = std::ranges::find(sink_.events, "integrity.watch.overflow", &Event::type);
  ASSERT_NE(told, sink_.events.end());
  EXPECT_EQ(std::get<std::string>(*told->find("watch.path")), "/w/here");
  auto lines = sink_.take();
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(lines, (Lines{"file.created /w/here/b", "rescan.finished", "watch.overflow"}));
  EXPECT_EQ(monitor_->status().condition, ModuleCondition::On);
}

TEST_F(IntegrityMonitorTest, AWiderPolicyIsAdoptedWithoutAFlood) {
  tree_.write("/x/1", "1");
  start_watching();
  tree_.write("/w/b", "new");
  hear({.path = "/w/b", .is_new = true, .was_closed = true});
  set_policy({"/w", "/x"});
  settle();
  auto lines = sink_.take();
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(lines, (Lines{"baseline.created", "file.created /w/b"}));
}

TEST_F(IntegrityMonitorTest, ScansComeByThemselves) {
  start_watching();
  tree_.write("/w/a", "unheard");
  clock_.advance(seconds(3600));
  settle();
  EXPECT_EQ(sink_.take(), Lines{"file.updated /w/a"});
  tree_.write_unseen("/w/a", "draehnu");  // same size, same times
  clock_.advance(seconds(86'400));
  settle();
  EXPECT_EQ(sink_.take(), Lines{"file.updated /w/a"});
}

TEST_F(IntegrityMonitorTest, ReadsAllAgainAtThePointsOfItsPolicy) {
  start();
  integrity::Policy policy;
  policy.watch = {"/w"};
  policy.rescan_interval_s = policy.rehash_interval_s = 604'800;
  policy.scan_at = {"03:00"};
  monitor_->set_policy(*integrity::compile(policy));
  settle();
  sink_.take();
  tree_.write_unseen("/w/a", "draehnu");
  const auto today = std::chrono::floor<std::chrono::days>(clock_.now());
  const auto until_three = (clock_.now() < today + std::chrono::hours(3) ? today : today + std::chrono::days(1)) +
                           std::chrono::hours(3) - clock_.now();
  clock_.advance(until_three - seconds(60));
  settle();
  EXPECT_EQ(sink_.take(), Lines{});
  clock_.advance(seconds(60));
  settle();
  EXPECT_EQ(sink_.take(), Lines{"file.updated /w/a"});
}

// Eight megabytes at one a second would take eight seconds: whoever waits for a budget does not hold up a new policy.
TEST_F(IntegrityMonitorTest, AScanKeepsItsBudgetAndGivesWayToANewPolicy) {
  start();
  tree_.write("/w/large", std::string(8 << 20, 'x'));
  integrity::Policy policy;
  policy.watch = {"/w"};
  policy.scan_read_mb_s = 1;
  monitor_->set_policy(*integrity::compile(policy));
  std::jthread scanning([this] { EXPECT_TRUE(monitor_->scan_next({})); });
  const auto has_waited = [this] {
    const auto counters = monitor_->status().counters;
    const auto waits = counters.find("scan_waits");
    return waits != counters.end() && waits->second > 0;
  };
  while (!has_waited()) std::this_thread::yield();
  policy.scan_read_mb_s = 0;
  monitor_->set_policy(*integrity::compile(policy));
  scanning.join();
  settle();
  EXPECT_EQ(monitor_->status().condition, ModuleCondition::On);
}

TEST_F(IntegrityMonitorTest, ADisabledPolicyIsSilent) {
  start_watching();
  integrity::Policy policy;
  policy.enabled = false;
  monitor_->set_policy(*integrity::compile(policy));
  tree_.write("/w/a", "other");
  hear({.path = "/w/a", .was_closed = true});
  settle();
  EXPECT_EQ(sink_.take(), Lines{});
  EXPECT_EQ(monitor_->status().condition, ModuleCondition::Off);
}

TEST_F(IntegrityMonitorTest, WithoutAWatchItSaysSo) {
  monitor_ = std::make_unique<IntegrityMonitor>(context_, IntegrityPorts{tree_, nullptr, processes_}, baseline_);
  ASSERT_TRUE(monitor_->start());
  set_policy({"/w"});
  settle();
  EXPECT_EQ(monitor_->status().condition, ModuleCondition::Degraded);
  EXPECT_EQ(monitor_->status().reason, "integrity.watch.unavailable");
}

TEST_F(IntegrityMonitorTest, LongAndStrangeNamesFitAnEvent) {
  start_watching();
  std::string path = "/w";
  for (int i = 0; i < 20; ++i) path += "/" + std::string(250, '\xfe');
  tree_.write(path, "deep");
  hear({.path = path.substr(0, 253), .is_directory = true, .is_new = true});
  settle();
  ASSERT_EQ(sink_.events.size(), 20U);
  for (const Event& event : sink_.events)
    EXPECT_LE(std::get<std::string>(*event.find("file.path")).size(), kMaxEventTextBytes);
  EXPECT_TRUE(std::get<bool>(*sink_.events.back().find("truncated")));
}

}  // namespace
}  // namespace warder::agent
