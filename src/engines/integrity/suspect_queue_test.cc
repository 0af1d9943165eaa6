#include "engines/integrity/suspect_queue.h"

#include <gtest/gtest.h>

namespace warder::integrity {
namespace {

using host::WatchEvent;

class SuspectQueueTest : public ::testing::Test {
 protected:
  void add(WatchEvent event) { EXPECT_TRUE(queue_.add(event, std::nullopt, now_, times_)); }
  std::vector<std::string> due() {
    std::vector<std::string> paths;
    for (const QueuedSuspect& suspect : queue_.take(now_, 100)) paths.push_back(suspect.path);
    return paths;
  }
  void pass(int ms) { now_ += milliseconds(ms); }

  SettleTimes times_;
  SuspectQueue queue_{3};
  SteadyTime now_{std::chrono::hours(1)};
};

using Paths = std::vector<std::string>;

TEST_F(SuspectQueueTest, WaitsUntilAClosedFileHasSettled) {
  add({.path = "/a", .is_new = true});
  add({.path = "/a", .was_written = true});
  pass(900);
  EXPECT_EQ(due(), Paths{});  // open
  add({.path = "/a", .was_closed = true});
  pass(49);
  EXPECT_EQ(due(), Paths{});
  pass(1);
  EXPECT_EQ(due(), Paths{"/a"});
  EXPECT_EQ(due(), Paths{});
}

TEST_F(SuspectQueueTest, LooksAtAnOpenFileWhenItIsQuietOrPatienceEnds) {
  add({.path = "/a", .was_written = true});
  pass(999);
  EXPECT_EQ(due(), Paths{});
  pass(1);
  EXPECT_EQ(due(), Paths{"/a"});
  for (int i = 0; i < 9; ++i) {  // a writer that never rests
    add({.path = "/b", .was_written = true});
    EXPECT_EQ(due(), Paths{});
    pass(500);
  }
  pass(500);
  EXPECT_EQ(due(), Paths{"/b"});
}

TEST_F(SuspectQueueTest, KnowsAFileThatIsStillToBeWritten) {
  add({.path = "/made", .is_new = true});
  add({.path = "/closed", .is_new = true, .was_closed = true});
  add({.path = "/moved", .is_new = true, .is_moved = true});
  pass(50);
  for (const QueuedSuspect& suspect : queue_.take(now_, 10))
    EXPECT_EQ(suspect.may_be_unwritten, suspect.path == "/made") << suspect.path;
}

TEST_F(SuspectQueueTest, TakesWhatHappenedTogetherTogether) {
  add({.path = "/old", .is_gone = true, .is_moved = true});
  add({.path = "/new", .is_new = true, .is_moved = true});
  pass(1);
  add({.path = "/later"});
  pass(50);
  EXPECT_EQ(queue_.take(now_, 1).size(), 2U);
  EXPECT_EQ(due(), Paths{"/later"});
}

TEST_F(SuspectQueueTest, SaysWhenItIsFull) {
  for (const char* path : {"/a", "/b", "/c"}) add({.path = path});
  EXPECT_FALSE(queue_.add({.path = "/d"}, std::nullopt, now_, times_));
  EXPECT_FALSE(queue_.add_from_scan("/d", now_, milliseconds(0)));
  EXPECT_TRUE(queue_.add({.path = "/a"}, std::nullopt, now_, times_));
  EXPECT_EQ(queue_.size(), 3U);
}

TEST_F(SuspectQueueTest, KeepsTheLastActorThatIsKnown) {
  host::ProcessInfo actor;
  actor.pid = 7;
  queue_.add({.path = "/a"}, actor, now_, times_);
  queue_.add({.path = "/a"}, std::nullopt, now_, times_);
  pass(50);
  const auto taken = queue_.take(now_, 1);
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].actor->pid, 7);
  EXPECT_TRUE(taken[0].was_seen_happening);
}

TEST_F(SuspectQueueTest, PutsBackWithoutForgettingAttempts) {
  add({.path = "/a"});
  pass(50);
  auto taken = queue_.take(now_, 1);
  taken[0].attempts = 2;
  queue_.put_back(taken[0], now_, milliseconds(1000));
  EXPECT_EQ(queue_.next_due(), now_ + milliseconds(1000));
  add({.path = "/a"});  // something new happened
  EXPECT_EQ(queue_.next_due(), now_ + milliseconds(50));
  pass(50);
  EXPECT_EQ(queue_.take(now_, 1)[0].attempts, 2);
}

}  // namespace
}  // namespace warder::integrity
