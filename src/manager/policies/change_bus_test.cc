#include "manager/policies/change_bus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace warder::manager {
namespace {

TEST(ChangeBus, TellsEveryListenerUntilItsSubscriptionEnds) {
  ChangeBus bus;
  std::vector<int> heard;
  auto first = bus.subscribe([&](const Change&) { heard.push_back(1); });
  const auto second = bus.subscribe([&](const Change& change) { heard.push_back(change.agent ? 3 : 2); });
  bus.publish({TenantId{}, std::nullopt});
  first.reset();
  bus.publish({TenantId{}, AgentId{}});
  std::ranges::sort(heard);
  EXPECT_EQ(heard, (std::vector<int>{1, 2, 3}));
}

}  // namespace
}  // namespace warder::manager
