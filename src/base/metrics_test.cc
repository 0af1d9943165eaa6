#include "base/metrics.h"

#include <gtest/gtest.h>

namespace warder {
namespace {

TEST(Metrics, WritesOpenMetrics) {
  Metrics metrics;
  metrics.counter("warder_events", "Events \"seen\"", {{"kind", "a\"b\n"}}).add(3);
  metrics.counter("warder_events", "", {{"kind", "c"}}).add();
  metrics.gauge("warder_agents", "Agents").set(-2);
  EXPECT_EQ(metrics.text(),
            "# TYPE warder_events counter\n# HELP warder_events Events \\\"seen\\\"\n"
            "warder_events_total{kind=\"a\\\"b\\n\"} 3\nwarder_events_total{kind=\"c\"} 1\n"
            "# TYPE warder_agents gauge\n# HELP warder_agents Agents\nwarder_agents -2\n# EOF\n");
}

TEST(Metrics, GivesTheSameMetricForTheSameName) {
  Metrics metrics;
  Counter& first = metrics.counter("a", "");
  for (int i = 0; i < 100; ++i) metrics.counter("a" + std::to_string(i), "");
  EXPECT_EQ(&first, &metrics.counter("a", ""));
  EXPECT_NE(&first, &metrics.counter("a", "", {{"k", "v"}}));
}

TEST(Histogram, CountsUpToEachBound) {
  Metrics metrics;
  Histogram& histogram = metrics.histogram("warder_wait_seconds", "Wait", {{"op", "x"}});
  histogram.observe(0.001);  // a bound belongs to its bucket
  histogram.observe(0.3);
  histogram.observe(99);
  EXPECT_EQ(histogram.count(), 3U);
  const std::string text = metrics.text();
  for (const std::string_view line :
       {"warder_wait_seconds_bucket{op=\"x\",le=\"0.001\"} 1\n", "warder_wait_seconds_bucket{op=\"x\",le=\"0.25\"} 1\n",
        "warder_wait_seconds_bucket{op=\"x\",le=\"0.5\"} 2\n", "warder_wait_seconds_bucket{op=\"x\",le=\"+Inf\"} 3\n",
        "warder_wait_seconds_count{op=\"x\"} 3\n", "warder_wait_seconds_sum{op=\"x\"} 99.301\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

}  // namespace
}  // namespace warder
