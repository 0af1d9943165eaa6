#include "manager/alerts/hysteresis.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

#include "manager/alerts/window.h"

namespace warder::manager {
namespace {

using std::chrono::seconds;

constexpr Timestamp kStart{std::chrono::hours(500'000)};

TEST(HysteresisTest, FiresAndResolvesAtOnceWithoutHoldTimes) {
  const Hysteresis rule{10, 5, seconds(0), seconds(0)};
  Condition condition;
  EXPECT_EQ(step(rule, condition, 9, kStart), Crossing::None);
  EXPECT_EQ(step(rule, condition, 10, kStart), Crossing::Fires);
  EXPECT_EQ(step(rule, condition, 7, kStart), Crossing::None) << "between the thresholds it goes on";
  EXPECT_EQ(step(rule, condition, 4, kStart), Crossing::Resolves);
}

TEST(HysteresisTest, WaitsForBothHoldTimes) {
  const Hysteresis rule{1, 1, seconds(60), seconds(30)};
  Condition condition;
  EXPECT_EQ(step(rule, condition, 1, kStart), Crossing::None);
  EXPECT_EQ(step(rule, condition, 0, kStart + seconds(59)), Crossing::None);
  EXPECT_EQ(step(rule, condition, 1, kStart + seconds(60)), Crossing::None) << "it begins anew";
  EXPECT_EQ(step(rule, condition, 1, kStart + seconds(120)), Crossing::Fires);
  EXPECT_EQ(step(rule, condition, 0, kStart + seconds(130)), Crossing::None);
  EXPECT_EQ(step(rule, condition, 1, kStart + seconds(140)), Crossing::None);
  EXPECT_EQ(step(rule, condition, 0, kStart + seconds(150)), Crossing::None);
  EXPECT_EQ(step(rule, condition, 0, kStart + seconds(170)), Crossing::None) << "and this, too";
  EXPECT_EQ(step(rule, condition, 0, kStart + seconds(180)), Crossing::Resolves);
}

struct Sample {
  Timestamp time;
  std::int64_t value;
};

std::vector<Sample> any_samples() {
  std::vector<Sample> samples;
  Timestamp time = kStart;
  for (const int each : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 40 * 20))) {
    time += seconds(each / 20);
    samples.push_back({time, each % 20});
  }
  return samples;
}

// Fires and Resolves take turns; between two fires lie at least both hold times; what stays between the thresholds
// changes nothing.
RC_GTEST_PROP(HysteresisProperty, NothingFlaps, ()) {
  const auto fire_at = *rc::gen::inRange<std::int64_t>(1, 20);
  const Hysteresis rule{fire_at, *rc::gen::inRange<std::int64_t>(0, fire_at + 1), seconds(*rc::gen::inRange(0, 90)),
                        seconds(*rc::gen::inRange(0, 90))};
  Condition condition;
  Crossing last = Crossing::Resolves;
  Timestamp since = kStart - std::chrono::hours(1);
  for (const Sample& each : any_samples()) {
    const bool was_firing = condition.is_firing();
    const Crossing crossing = step(rule, condition, each.value, each.time);
    if (each.value >= rule.resolve_at && each.value < rule.fire_at) {
      RC_ASSERT(crossing == Crossing::None);
      RC_ASSERT(condition.is_firing() == was_firing);
    }
    if (crossing == Crossing::None) continue;
    RC_ASSERT(crossing != last);
    if (crossing == Crossing::Fires) {
      RC_ASSERT(each.value >= rule.fire_at);
      RC_ASSERT(each.time - since >= rule.fire_after);
    } else {
      RC_ASSERT(each.value < rule.resolve_at);
      RC_ASSERT(each.time - since >= rule.resolve_after);
    }
    last = crossing;
    since = each.time;
  }
}

// Every stretch of samples beyond a threshold that lasts for the hold time is reported, and by its end.
RC_GTEST_PROP(HysteresisProperty, EveryCrossingIsReported, ()) {
  const Hysteresis rule{10, 5, seconds(*rc::gen::inRange(0, 60)), seconds(*rc::gen::inRange(0, 60))};
  Condition condition;
  std::optional<Timestamp> high;
  std::optional<Timestamp> low;
  for (const Sample& each : any_samples()) {
    if (each.value < rule.fire_at) high.reset();
    if (each.value >= rule.fire_at && !high) high = each.time;
    if (each.value >= rule.resolve_at) low.reset();
    if (each.value < rule.resolve_at && !low) low = each.time;
    step(rule, condition, each.value, each.time);
    if (high && each.time - *high >= rule.fire_after) RC_ASSERT(condition.is_firing());
    if (low && each.time - *low >= rule.resolve_after) RC_ASSERT(!condition.is_firing());
  }
}

TEST(EventWindowTest, CountsWhatIsWithinAndForgetsTheRest) {
  EventWindow window(seconds(600));
  for (int i = 0; i < 100; ++i) window.add(kStart);
  window.add(kStart + seconds(300));
  EXPECT_EQ(window.count(kStart + seconds(599)), 101);
  EXPECT_EQ(window.count(kStart + seconds(610)), 1);
  EXPECT_EQ(window.count(kStart + seconds(2000)), 0);
}

RC_GTEST_PROP(EventWindowProperty, IsKeptAsTextAndNeverGrows, ()) {
  EventWindow window(seconds(*rc::gen::inRange(0, 4000)));
  Timestamp time = kStart;
  for (const int each : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 300))) {
    time += seconds(each);
    window.add(time);
    RC_ASSERT(window.count(time) >= 1);
  }
  EventWindow again(window.length());
  RC_ASSERT(again.read(window.text()));
  RC_ASSERT(again.count(time) == window.count(time));
  RC_ASSERT(window.text().size() < 62U * 20U);
}

}  // namespace
}  // namespace warder::manager
