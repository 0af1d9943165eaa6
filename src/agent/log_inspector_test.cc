#include "agent/log_inspector.h"

#include <gtest/gtest.h>

#include <set>

#include "agent/log_file_source.h"
#include "agent/testing.h"
#include "host/testing/clock.h"
#include "host/testing/log_files.h"

namespace warder::agent {
namespace {

using std::chrono::seconds;

constexpr std::string_view kRules = R"(
<group name="test,">
  <rule id="9" level="0" noalert="1"><category>syslog</category><description>Root.</description></rule>
  <rule id="900001" level="5"><match>bad thing</match><description>Bad.</description><mitre><id>T1110</id></mitre></rule>
  <rule id="900002" level="2"><match>small thing</match><description>Small.</description></rule>
</group>)";

// A spool that may be full or lose the agent in between.
class Spool final : public EventSink {
 public:
  Result<void> emit(std::span<const Event> events) override {
    if (is_dead) return fail(ErrorCode::Unavailable, "killed");
    for (const Event& event : events) stored[event.id.text()] = event;
    ++batches;
    emitted += events.size();
    if (dies_after) return fail(ErrorCode::Unavailable, "killed behind the spool");
    return {};
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const auto& [id, event] : stored) {
      if (const EventValue* line = event.find("log.line")) all.push_back(std::get<std::string>(*line));
    }
    return all;
  }
  [[nodiscard]] std::size_t count(std::string_view type) const {
    std::size_t found = 0;
    for (const auto& [id, event] : stored) found += event.type == type ? 1U : 0U;
    return found;
  }
  std::map<std::string, Event> stored;
  std::size_t emitted = 0;
  std::size_t batches = 0;
  bool is_dead = false;
  bool dies_after = false;
};

class Rig : public LogHost {
 public:
  Rig() {
    policy.settings.from_start = true;
    policy.files = {*records::parse_file_source("syslog /log/x.log")};
    loginspection::Definition definition;
    definition.rules = {{"test.xml", std::string(kRules)}};
    policy.rules = {loginspection::compile(definition).value()};
    policy.rule_count = 2;
  }

  std::vector<std::unique_ptr<LogSource>> make_sources(const LogPolicy& made, std::vector<LogNotice>&) override {
    std::vector<std::unique_ptr<LogSource>> sources;
    records::TailOptions options;
    options.from_start = made.settings.from_start;
    for (const auto& file : made.files) sources.push_back(make_log_file_source(files, file, options));
    return sources;
  }
  [[nodiscard]] bool can_make_sources(const LogPolicy&) const noexcept override { return !has_given_up; }
  [[nodiscard]] std::string host_name() const override { return "web1"; }
  [[nodiscard]] seconds utc_offset(Timestamp) const override { return seconds(0); }

  // A fresh process on the same state.
  void restart() {
    inspector.reset();
    state.reset();
    state = *LogState::open(directory.path());
    inspector = std::make_unique<LogInspector>(context, *this, *state);
  }
  Result<void> start() {
    restart();
    WD_TRY(inspector->start());
    inspector->set_policy(std::make_shared<LogPolicy>(policy));
    return {};
  }
  Result<void> work() {
    clock.advance(seconds(2));
    for (int i = 0; i < 200; ++i) {
      if (!WD_TRY(inspector->work_once())) break;
    }
    return {};
  }

  testing::Directory directory;
  host::testing::MemoryLogFiles files;
  warder::testing::ManualClock clock;
  testing::QuietLog log;
  Spool spool;
  ModuleContext context{spool, log, clock, directory.path()};
  LogPolicy policy;
  bool has_given_up = false;
  std::unique_ptr<LogState> state;
  std::unique_ptr<LogInspector> inspector;
};

TEST(LogInspector, SendsTheEventsOfABacklogTogether) {
  Rig rig;
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.work());
  const std::string fine = "Nov 22 10:00:00 db1 app[1]: fine " + std::string(1000, 'x') + "\n";
  for (int i = 0; i < 1500; ++i) {
    rig.files.append("/log/x.log", fine);
    if (i % 100 == 0) rig.files.append("/log/x.log", "Nov 22 10:00:00 db1 app[1]: a bad thing\n");
  }
  rig.clock.advance(seconds(1));
  ASSERT_TRUE(rig.work());
  EXPECT_EQ(rig.spool.stored.size(), 15U);
  EXPECT_LE(rig.spool.batches, 2U);  // the first is due after a second without
}

TEST(LogInspector, LosesNothingThatWasNotSentYet) {
  Rig rig;
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.work());
  const std::string fine = "Nov 22 10:00:00 db1 app[1]: fine " + std::string(1000, 'x') + "\n";
  for (int i = 0; i < 1500; ++i) rig.files.append("/log/x.log", fine);
  rig.files.append("/log/x.log", "Nov 22 10:00:00 db1 app[1]: a bad thing\n");
  for (int i = 0; i < 500; ++i) rig.files.append("/log/x.log", fine);
  ASSERT_TRUE(rig.work());
  rig.spool.stored.clear();
  rig.files.append("/log/x.log", "Nov 22 10:00:00 db1 app[1]: a bad thing\n" + fine + fine);
  for (int i = 0; i < 500; ++i) rig.files.append("/log/x.log", fine);
  ASSERT_TRUE(rig.inspector->work_once());
  // The spool takes nothing more: the next process sends it.
  rig.spool.is_dead = true;
  static_cast<void>(rig.inspector->finish());
  rig.spool.is_dead = false;
  EXPECT_TRUE(rig.spool.stored.empty());
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.work());
  EXPECT_EQ(rig.spool.stored.size(), 1U);
}

TEST(LogInspector, AsksForAFreshProcessAndForgetsNoPosition) {
  Rig rig;
  rig.files.append("/log/x.log", "Nov 22 10:00:00 db1 app[1]: a bad thing\n");
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.work());
  rig.has_given_up = true;
  rig.policy.settings.listen = {"udp 127.0.0.1:514"};
  rig.inspector->set_policy(std::make_shared<LogPolicy>(rig.policy));
  ASSERT_TRUE(rig.work());
  EXPECT_TRUE(rig.inspector->wants_fresh_process());
  ASSERT_TRUE(rig.inspector->finish());
  rig.has_given_up = false;
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.work());
  EXPECT_FALSE(rig.inspector->wants_fresh_process());
  EXPECT_EQ(rig.spool.emitted, 1U);
}

TEST(LogInspector, ReportsWhatMatches) {
  Rig rig;
  rig.files.append("/log/x.log", "Nov 22 10:00:00 db1 app[1]: a bad thing\nNov 22 10:00:00 db1 app[1]: fine\n");
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.work());
  ASSERT_EQ(rig.spool.stored.size(), 1U);
  const Event& event = rig.spool.stored.begin()->second;
  EXPECT_EQ(event.type, "log-inspection.rule.matched");
  EXPECT_EQ(event.severity, Severity::Medium);
  EXPECT_EQ(event.rule, "900001");
  EXPECT_EQ(std::get<std::string>(*event.find("log.source")), "/log/x.log");
  EXPECT_EQ(std::get<std::string>(*event.find("log.host")), "db1");
  EXPECT_EQ(std::get<std::string>(*event.find("rule.attack")), "T1110");
  EXPECT_EQ(std::get<bool>(*event.find("event.forward")), false);
  EXPECT_EQ(rig.inspector->status().condition, ModuleCondition::On);
  EXPECT_EQ(rig.inspector->status().counters.at("lines"), 2U);
}

TEST(LogInspector, ClipsOverridesAndExcepts) {
  Rig rig;
  rig.policy.levels[900002] = 13;
  rig.policy.exceptions = {*parse_log_exception("900001 until 2999-01-01 by ops if location=/log/*")};
  rig.files.append("/log/x.log", "a bad thing\na small thing\n");
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.work());
  ASSERT_EQ(rig.spool.stored.size(), 1U);
  EXPECT_EQ(rig.spool.stored.begin()->second.severity, Severity::Critical);
  EXPECT_EQ(rig.inspector->status().counters.at("excepted"), 1U);
}

TEST(LogInspector, AnExceptionEndsAndSaysSo) {
  Rig rig;
  rig.policy.exceptions = {*parse_log_exception("900001 until 1999-01-01 by ops")};
  rig.files.append("/log/x.log", "a bad thing\n");
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.work());
  EXPECT_EQ(rig.spool.count("log-inspection.rule.matched"), 1U);
  EXPECT_EQ(rig.spool.count("log-inspection.exception.expired"), 1U);
}

// Killed before, in and behind the handing over: each line makes one event.
TEST(LogInspector, EachLineOnceOverKills) {
  for (const bool dies_after : {false, true}) {
    Rig rig;
    std::set<std::string> wanted;
    rig.files.append("/log/x.log", "fine\n");
    ASSERT_TRUE(rig.start());
    ASSERT_TRUE(rig.work());
    for (int i = 0; i < 30; ++i) {
      const std::string line = "bad thing " + std::to_string(i);
      wanted.insert(line);
      rig.files.append("/log/x.log", line + "\n");
      if (i % 7 == 0) {
        rig.files.rename("/log/x.log", "/log/x.log.1");
        rig.files.append("/log/x.log", "fine\n");
      }
      rig.spool.is_dead = !dies_after && i % 3 == 0;
      rig.spool.dies_after = dies_after && i % 3 == 0;
      const bool lives = rig.work().has_value();
      rig.spool.is_dead = rig.spool.dies_after = false;
      if (!lives || i % 5 == 0) {
        ASSERT_TRUE(rig.start());
      }
    }
    ASSERT_TRUE(rig.start());
    ASSERT_TRUE(rig.work());
    const auto lines = rig.spool.lines();
    EXPECT_EQ(std::set<std::string>(lines.begin(), lines.end()), wanted);
    EXPECT_EQ(lines.size(), wanted.size());
  }
}

TEST(LogInspector, TheRateGuardCountsExactlyWhatItSkips) {
  Rig rig;
  rig.policy.settings.max_lines_per_s = 10;
  rig.policy.settings.over_rate = "skip";
  for (int i = 0; i < 1000; ++i) rig.files.append("/log/x.log", "bad thing " + std::to_string(i) + "\n");
  ASSERT_TRUE(rig.start());
  ASSERT_TRUE(rig.work());
  ASSERT_TRUE(rig.start());  // the count outlives the process
  rig.clock.advance(seconds(20));
  ASSERT_TRUE(rig.work());
  std::int64_t skipped = 0;
  for (const auto& [id, event] : rig.spool.stored) {
    if (event.type == "log-inspection.lines.skipped") skipped += std::get<std::int64_t>(*event.find("count"));
  }
  EXPECT_GT(skipped, 0);
  EXPECT_EQ(rig.spool.count("log-inspection.rule.matched") + static_cast<std::size_t>(skipped), 1000U);
}

TEST(LogInspector, FilesWaitWhereLinesAreNotSkipped) {
  Rig rig;
  rig.policy.settings.max_lines_per_s = 10;
  for (int i = 0; i < 500; ++i) rig.files.append("/log/x.log", "bad thing " + std::to_string(i) + "\n");
  ASSERT_TRUE(rig.start());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(rig.work());
  EXPECT_EQ(rig.spool.lines().size(), 500U);
}

TEST(LogPolicy, ExceptionsAndLevelsSayWhatIsWrong) {
  for (const std::string_view text : {"", "900001", "x until 2026-01-01 by a", "1 until tomorrow by a",
                                      "1 until 2026-01-01 by a if b", "1 until 2026-01-01 by a when b=c"})
    EXPECT_FALSE(parse_log_exception(text)) << text;
  for (const std::string_view text : {"", "1", "1 17", "x 3", "1 2 3"})
    EXPECT_FALSE(parse_level_override(text)) << text;
  EXPECT_EQ(parse_log_exception("1 until 2026-01-01 by a if b=c d")->value, "c d");
  EXPECT_EQ(parse_log_exception("1 until 2026-01-01 by a if source.ip=192.0.2.*")->field, "srcip");
  EXPECT_EQ(parse_log_exception("1 until 2026-01-01 by a if log.source=/x")->field, "location");
}

TEST(LogPolicy, LevelsAreSeverities) {
  EXPECT_EQ(severity_of(3), Severity::Low);
  EXPECT_EQ(severity_of(4), Severity::Medium);
  EXPECT_EQ(severity_of(8), Severity::High);
  EXPECT_EQ(severity_of(12), Severity::Critical);
}

}  // namespace
}  // namespace warder::agent
