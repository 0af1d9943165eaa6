#include "base/job_states.h"

#include <gtest/gtest.h>

namespace warder {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class Lines final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view id, std::string_view /*message*/,
             std::initializer_list<LogField> /*fields*/) override {
    ids.emplace_back(id);
  }
  std::vector<std::string> ids;
};

struct JobStatesTest : ::testing::Test {
  Timestamp now{std::chrono::hours{1000}};
  Lines lines;
  JobStates states{lines, [this] { return now; }};
};

TEST_F(JobStatesTest, AJobThatNeverRanIsNotWell) {
  states.expect("retention", seconds{3600});
  const JobState fresh = states.list().at(0);
  EXPECT_EQ(fresh.health, JobHealth::Waiting);
  EXPECT_EQ(fresh.next_due, now + seconds{3600});
  EXPECT_FALSE(fresh.last_run);
  now += minutes{120};
  EXPECT_EQ(states.list().at(0).health, JobHealth::Waiting);
  now += seconds{1};
  EXPECT_EQ(states.list().at(0).health, JobHealth::Overdue) << "another interval after it was due";
}

TEST_F(JobStatesTest, ARunThatWarnedHasFailedUntilTheNextThatDidNot) {
  const JobRuns job = states.expect("keys", seconds{3600});
  job.run([&] {
    states.info("keys.fine", "nothing to say");
    states.warning("keys.refresh.failed", "the disk is full");
    states.error("keys.more", "and more");
  });
  const JobState failed = states.list().at(0);
  EXPECT_EQ(failed.health, JobHealth::Failed);
  EXPECT_EQ(failed.last_error, "keys.refresh.failed: the disk is full") << "the first";
  EXPECT_EQ(failed.last_run, now);
  EXPECT_FALSE(failed.last_success);
  EXPECT_EQ(lines.ids, (std::vector<std::string>{"keys.fine", "keys.refresh.failed", "keys.more"}));
  now += minutes{60};
  job.run([] {});
  const JobState well = states.list().at(0);
  EXPECT_EQ(well.health, JobHealth::Ok);
  EXPECT_EQ(well.last_error, "");
  EXPECT_EQ(well.last_success, now);
  EXPECT_EQ(well.next_due, now + minutes{60});
}

TEST_F(JobStatesTest, AWarningOutsideOfARunIsNoJobs) {
  const JobRuns one = states.expect("one", seconds{60});
  const JobRuns other = states.expect("other", seconds{60});
  states.warning("api.slow", "before");
  one.run([&] { other.run([&] { states.warning("inner", "of the other"); }); });
  EXPECT_EQ(states.list().at(0).health, JobHealth::Ok);
  EXPECT_EQ(states.list().at(1).last_error, "inner: of the other");
}

TEST_F(JobStatesTest, OftenIsOverdueAfterMinutesAndLateRunsHeal) {
  const JobRuns job = states.expect("alerts", seconds{1});
  job.run([] {});
  now += JobStates::kLeastGrace + seconds{1};
  EXPECT_EQ(states.list().at(0).health, JobHealth::Ok);
  now += seconds{1};
  EXPECT_EQ(states.list().at(0).health, JobHealth::Overdue);
  job.run([] {});
  EXPECT_EQ(states.list().at(0).health, JobHealth::Ok);
}

TEST_F(JobStatesTest, WhatEndedBeforeTheStartCounts) {
  const JobRuns job = states.expect("backups", std::chrono::hours{24});
  job.note(now - std::chrono::hours{49}, "");
  EXPECT_EQ(states.list().at(0).health, JobHealth::Overdue);
  job.note(now - std::chrono::hours{1}, "the disk is full");
  EXPECT_EQ(states.list().at(0).health, JobHealth::Failed);
  EXPECT_EQ(states.list().at(0).last_success, now - std::chrono::hours{49});
}

TEST(JobRuns, OfNothingOnlyCarryOut) {
  int runs = 0;
  JobRuns().run([&] { ++runs; });
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace warder
