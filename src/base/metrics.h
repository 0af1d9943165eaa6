// Counters, gauges and histograms in the OpenMetrics text form.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace warder {

using Labels = std::map<std::string, std::string>;

class Counter {
 public:
  void add(std::uint64_t count = 1) noexcept { value_.fetch_add(count, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
  void set(std::int64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t change) noexcept { value_.fetch_add(change, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// Observations in seconds, in fixed buckets from 1 ms to 10 s.
class Histogram {
 public:
  static constexpr double kBounds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  void observe(double seconds) noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept;

 private:
  friend class Metrics;
  std::atomic<std::uint64_t> buckets_[std::size(kBounds) + 1]{};
  std::atomic<std::int64_t> sum_micros_{0};
};

/// Owns the metrics of a program; references stay valid as long as it lives. Thread-safe. The same name and labels give
/// the same metric.
class Metrics {
 public:
  /// `name` without suffix: "warder_events_ingested"; the text form adds "_total".
  Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, Labels labels = {});

  /// OpenMetrics 1.0 text, "# EOF" included.
  [[nodiscard]] std::string text() const;

 private:
  template <class Metric>
  struct Family {
    std::string help;
    std::map<Labels, Metric> children;
  };
  template <class Metric>
  using Families = std::map<std::string, Family<Metric>, std::less<>>;

  static void append_histogram(std::string& out, std::string_view name, const Labels& labels, const Histogram& metric);

  mutable std::mutex mutex_;  // guards the three maps; the metrics themselves are atomic
  Families<Counter> counters_;
  Families<Gauge> gauges_;
  Families<Histogram> histograms_;
};

}  // namespace warder
