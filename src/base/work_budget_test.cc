#include "base/work_budget.h"

#include <gtest/gtest.h>

namespace warder {
namespace {

using Seconds = std::chrono::duration<double>;

TEST(WorkBudget, KeepsAShareOfAProcessorAndARateOfReading) {
  struct Case {
    const char* name;
    WorkLimits limits;
    double cpu;
    double bytes;
    double elapsed;
    double wait;
  };
  const Case cases[] = {
      {"no limit", {}, 10, 1e9, 1, 0},
      {"a quarter", {0.25, 0}, 1, 0, 1, 3},
      {"slow enough by itself", {0.25, 0}, 1, 0, 8, 0},
      {"bytes", {1, 10e6}, 0, 30e6, 1, 2},
      {"the stricter holds", {0.5, 10e6}, 2, 30e6, 1, 3},
      {"not for ever", {0.01, 0}, 10, 0, 1, 5},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_DOUBLE_EQ(time_to_wait(c.limits, Seconds(c.cpu), c.bytes, Seconds(c.elapsed)).count(), c.wait);
  }
}

TEST(WorkBudget, AsksForNoWaitWithoutLimits) {
  WorkBudget budget{WorkLimits{}};
  for (int i = 0; i < 200; ++i) EXPECT_EQ(budget.after(1 << 21).count(), 0);
}

TEST(WorkBudget, WaitsAfterALargePiece) {
  WorkBudget budget{WorkLimits{1, 1e6}};
  EXPECT_EQ(budget.after(1000).count(), 0) << "small ones are not worth a look at the clock";
  EXPECT_GT(budget.after(100 << 20).count(), 0);
}

}  // namespace
}  // namespace warder
