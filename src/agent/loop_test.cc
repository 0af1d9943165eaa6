#include "agent/loop.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

namespace warder::agent {
namespace {

using std::chrono::milliseconds;

class LoopTest : public ::testing::Test {
 protected:
  std::unique_ptr<Loop> loop_ = std::move(*Loop::create());
};

TEST_F(LoopTest, CallsTasksOfOtherThreadsInOrder) {
  std::vector<int> called;
  std::jthread other([&] {
    for (int i = 0; i < 100; ++i) loop_->post([&called, i] { called.push_back(i); });
    loop_->stop();
  });
  loop_->run();
  ASSERT_EQ(called.size(), 100U);
  EXPECT_TRUE(std::ranges::is_sorted(called));
}

TEST_F(LoopTest, CallsTimersWhenTheyAreDue) {
  std::string called;
  // Far enough apart that a busy machine does not turn them round.
  loop_->after(milliseconds{400}, [&] {
    called += "b";
    loop_->stop();
  });
  loop_->after(milliseconds{5}, [&] { called += "a"; });
  const auto cancelled = loop_->after(milliseconds{7}, [&] { called += "x"; });
  loop_->cancel(cancelled);
  loop_->run();
  EXPECT_EQ(called, "ab");
}

TEST_F(LoopTest, RepeatsATimerUntilItCancelsItself) {
  int count = 0;
  Loop::TimerId timer = 0;
  timer = loop_->every(milliseconds{1}, [&] {
    if (++count < 3) return;
    loop_->cancel(timer);
    loop_->after(milliseconds{5}, [&] { loop_->stop(); });
  });
  loop_->run();
  EXPECT_EQ(count, 3);
}

TEST_F(LoopTest, WatchesDescriptorsUntilItUnwatches) {
  const UniqueFd event(::eventfd(1, EFD_CLOEXEC));
  int count = 0;
  ASSERT_TRUE(loop_->watch(event.get(), [&] {  // stays readable: is called again and again
    if (++count == 2) {
      loop_->unwatch(event.get());
      loop_->after(milliseconds{5}, [&] { loop_->stop(); });
    }
  }));
  loop_->run();
  EXPECT_EQ(count, 2);
}

TEST_F(LoopTest, CallsNothingAfterItWasStopped) {
  int count = 0;
  loop_->every(milliseconds{1}, [&] {
    ++count;
    loop_->stop();
  });
  loop_->run();
  EXPECT_EQ(count, 1);
  loop_->run();
  EXPECT_EQ(count, 2);
}

}  // namespace
}  // namespace warder::agent
