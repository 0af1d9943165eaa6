// Backups on request and by the clock, and what is kept of their runs; on both databases.
#include "manager/backup/backups.h"

#include <gtest/gtest.h>

#include <fstream>

#include "host/testing/clock.h"
#include "manager/tenancy/testing.h"

namespace warder::manager {
namespace {

namespace fs = std::filesystem;

using std::chrono::hours;
using std::chrono::minutes;

/// Files of a manager that has its data in SQLite: what a backup holds is backup_test.cc's.
class BackupsTest : public ::testing::Test {
 protected:
  BackupsTest() {
    fs::create_directories(data_);
    fs::create_directories(shelf_);
    std::ofstream(data_ / "ca.pem") << "certificate";
  }
  [[nodiscard]] BackupsOptions options() const {
    return {.source = {.data_directory = data_, .databases = {}},
            .directory = shelf_,
            .host = "one",
            .keep = 2,
            .every = hours{24}};
  }
  std::unique_ptr<Backups> make(BackupsOptions options) {
    auto made = std::make_unique<Backups>(tenants_->control(), tenants_.keys(), clock_, std::move(options),
                                          [this](const BackupRun& run) { note(run); });
    made->start();
    return made;
  }
  void note(const BackupRun& run) {
    const std::scoped_lock lock(mutex_);
    ended_.push_back(run);
    changed_.notify_all();
  }
  /// Waits for the end of the run before it looks.
  BackupRun ended(std::size_t number) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ended_.size() >= number; });
    return ended_[number - 1];
  }
  BackupRun create(Backups& backups, std::size_t number) {
    EXPECT_TRUE(backups.create("user:1"));
    return ended(number);
  }

  TemporaryDirectory directory_;
  fs::path data_ = directory_.path() / "data";
  fs::path shelf_ = directory_.path() / "backups";
  testing::ManualClock clock_;
  TestTenants tenants_{{}, {backups_schema()}};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<BackupRun> ended_;
};

TEST_F(BackupsTest, MakesKeepsAndVerifies) {
  const auto backups = make(options());
  for (std::size_t number = 1; number <= 3; ++number) {
    const BackupRun run = create(*backups, number);
    EXPECT_EQ(run.error, "");
    EXPECT_EQ(run.parts, 1);
    clock_.advance(minutes{1});
  }
  auto files = backups->files().value();
  ASSERT_EQ(files.size(), 2U) << "the oldest is gone";
  EXPECT_GT(files.front().name, files.back().name);
  ASSERT_TRUE(files.front().made);
  EXPECT_EQ(files.front().made->actor, "user:1");
  EXPECT_EQ(files.front().verified->id, files.front().made->id) << "making one ends with a check";

  std::fstream damaged(shelf_ / files.front().name, std::ios::in | std::ios::out | std::ios::binary);
  damaged.seekp(-20, std::ios::end);
  damaged.put('?');
  damaged.close();
  ASSERT_TRUE(backups->verify(files.front().name, "user:2"));
  EXPECT_NE(ended(4).error, "");
  files = backups->files().value();
  EXPECT_EQ(files.front().verified->actor, "user:2");
  EXPECT_NE(files.front().verified->error, "");
  EXPECT_EQ(files.back().verified->error, "");
  EXPECT_EQ(backups->verify("../control.db", "user:1").error().code, ErrorCode::NotFound);
  EXPECT_EQ(backups->run("nothing").error().code, ErrorCode::NotFound);
  EXPECT_EQ(backups->run(ended(4).id)->file, files.front().name);
}

TEST_F(BackupsTest, OfTwoWithinASecondTheOlderGoes) {
  const auto backups = make(options());
  std::vector<std::string> made;
  for (std::size_t number = 1; number <= 6; ++number) {
    made.push_back(create(*backups, number).file);
    const auto files = backups->files().value();
    ASSERT_EQ(files.front().name, made.back());
    if (number > 1) {
      ASSERT_EQ(files.back().name, made[number - 2]);
    }
  }
}

TEST_F(BackupsTest, IsOverdueFromWhenAGoodOneWasDue) {
  auto unwanted = options();
  unwanted.every = hours{0};
  EXPECT_FALSE(make(unwanted)->overdue().value());
  unwanted = options();
  unwanted.directory.clear();
  EXPECT_FALSE(make(unwanted)->overdue().value());

  auto backups = make(options());
  clock_.advance(hours{3});
  EXPECT_EQ(backups->overdue().value(), hours{3}) << "there has never been one";
  fs::remove(data_ / "ca.pem");
  fs::remove(data_);
  EXPECT_NE(create(*backups, 1).error, "");
  clock_.advance(hours{2});
  backups = make(options());
  EXPECT_EQ(backups->overdue().value(), hours{2}) << "a restart does not forget that it was tried";
  fs::create_directories(data_);
  std::ofstream(data_ / "ca.pem") << "certificate";
  EXPECT_EQ(create(*backups, 2).error, "");
  EXPECT_EQ(backups->overdue().value(), -hours{24});
  clock_.advance(hours{25});
  EXPECT_EQ(backups->overdue().value(), hours{1});
  ASSERT_TRUE(backups->verify(backups->files().value().front().name, "user:1"));
  ended(3);
  EXPECT_EQ(backups->overdue().value(), hours{1}) << "a check is no backup";
}

TEST_F(BackupsTest, TheClockAsksForOneADayAndTriesAgainAfterAnHour) {
  const auto backups = make(options());
  backups->tick();
  EXPECT_EQ(ended(1).actor, "job:backup");
  clock_.advance(hours{23});
  backups->tick();
  EXPECT_EQ(backups->runs()->size(), 1U);
  fs::remove_all(shelf_);
  clock_.advance(hours{1});
  backups->tick();
  EXPECT_NE(ended(2).error.find("is not a directory"), std::string::npos);
  EXPECT_EQ(backups->runs()->size(), 1U) << "what could not begin is told, and is no run";
  fs::create_directories(shelf_);
  fs::remove(data_ / "backup.lock");
  fs::create_directories(data_ / "backup.lock");  // nobody can make one now
  backups->tick();
  EXPECT_NE(ended(3).error, "");
  clock_.advance(minutes{59});
  backups->tick();
  EXPECT_EQ(backups->runs()->size(), 2U);
  fs::remove_all(data_ / "backup.lock");
  clock_.advance(minutes{1});
  backups->tick();
  EXPECT_EQ(ended(4).error, "");
}

TEST_F(BackupsTest, WhatAnEarlierProcessLeftShowsAsInterrupted) {
  auto db = tenants_->control().acquire().value();
  for (const char* place : {"one:", "two:"}) {
    ASSERT_TRUE(
        db->execute("INSERT INTO backup_runs (id, task, file, actor, begun, error, bytes, parts, place) "
                    "VALUES (?1, 'create', '', 'user:1', ?2, '', 0, 0, ?3)",
                    {std::string{place}, to_micros(clock_.now()), place + shelf_.string()}));
  }
  const auto backups = make(options());
  const auto runs = backups->runs().value();
  ASSERT_EQ(runs.size(), 1U) << "another host's is its own matter";
  EXPECT_TRUE(runs.front().ended);
  EXPECT_NE(runs.front().error.find("interrupted"), std::string::npos);
}

TEST_F(BackupsTest, WithoutADirectoryNoneIsMade) {
  BackupsOptions none = options();
  none.directory.clear();
  const auto backups = make(none);
  EXPECT_EQ(backups->create("user:1").error().code, ErrorCode::Unavailable);
  backups->tick();
  EXPECT_TRUE(backups->files()->empty());
  EXPECT_TRUE(ended_.empty());
}

TEST_F(BackupsTest, TheSchemaIsInTheCommonDialect) {
  EXPECT_TRUE(check_schemas(std::vector{backups_schema()}));
}

}  // namespace
}  // namespace warder::manager
