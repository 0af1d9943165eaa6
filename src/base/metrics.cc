#include "base/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace warder {
namespace {

/// Label values and help texts, OpenMetrics 1.0 "Escaping".
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out.append("\\n");
    } else {
      if (c == '"' || c == '\\') out.push_back('\\');
      out.push_back(c);
    }
  }
  return out;
}

/// `{a="1",b="2"}`, with `extra` (already in that form) last; nothing at all when there are none.
std::string label_text(const Labels& labels, std::string_view extra = {}) {
  std::string out;
  for (const auto& [key, value] : labels) {
    out.append(fmt::format("{}{}=\"{}\"", out.empty() ? "{" : ",", key, escaped(value)));
  }
  if (!extra.empty()) out.append(fmt::format("{}{}", out.empty() ? "{" : ",", extra));
  if (!out.empty()) out.push_back('}');
  return out;
}

void append_head(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  out.append(fmt::format("# TYPE {0} {1}\n# HELP {0} {2}\n", name, type, escaped(help)));
}

template <class Map>
auto& child(Map& families, std::string_view name, std::string_view help, Labels labels) {
  auto family = families.find(name);
  if (family == families.end()) {
    family = families.try_emplace(std::string(name)).first;
    family->second.help = help;
  }
  return family->second.children[std::move(labels)];
}

}  // namespace

void Histogram::observe(double seconds) noexcept {
  const auto* const bound = std::lower_bound(std::begin(kBounds), std::end(kBounds), seconds);
  buckets_[bound - std::begin(kBounds)].fetch_add(1, std::memory_order_relaxed);
  sum_micros_.fetch_add(std::llround(seconds * 1e6), std::memory_order_relaxed);
}

std::uint64_t Histogram::count() const noexcept {
  std::uint64_t total = 0;
  for (const auto& bucket : buckets_) total += bucket.load(std::memory_order_relaxed);
  return total;
}

Counter& Metrics::counter(std::string_view name, std::string_view help, Labels labels) {
  const std::scoped_lock lock(mutex_);
  return child(counters_, name, help, std::move(labels));
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, Labels labels) {
  const std::scoped_lock lock(mutex_);
  return child(gauges_, name, help, std::move(labels));
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help, Labels labels) {
  const std::scoped_lock lock(mutex_);
  return child(histograms_, name, help, std::move(labels));
}

void Metrics::append_histogram(std::string& out, std::string_view name, const Labels& labels,
                               const Histogram& histogram) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i <= std::size(Histogram::kBounds); ++i) {
    below += histogram.buckets_[i].load(std::memory_order_relaxed);
    const bool is_last = i == std::size(Histogram::kBounds);
    const std::string bound = is_last ? "le=\"+Inf\"" : fmt::format("le=\"{}\"", Histogram::kBounds[i]);
    out.append(fmt::format("{}_bucket{} {}\n", name, label_text(labels, bound), below));
  }
  const double sum = static_cast<double>(histogram.sum_micros_.load(std::memory_order_relaxed)) / 1e6;
  out.append(fmt::format("{0}_count{1} {2}\n{0}_sum{1} {3}\n", name, label_text(labels), below, sum));
}

std::string Metrics::text() const {
  const std::scoped_lock lock(mutex_);
  std::string out;
  for (const auto& [name, family] : counters_) {
    append_head(out, name, "counter", family.help);
    for (const auto& [labels, metric] : family.children) {
      out.append(fmt::format("{}_total{} {}\n", name, label_text(labels), metric.value()));
    }
  }
  for (const auto& [name, family] : gauges_) {
    append_head(out, name, "gauge", family.help);
    for (const auto& [labels, metric] : family.children) {
      out.append(fmt::format("{}{} {}\n", name, label_text(labels), metric.value()));
    }
  }
  for (const auto& [name, family] : histograms_) {
    append_head(out, name, "histogram", family.help);
    for (const auto& [labels, metric] : family.children) append_histogram(out, name, labels, metric);
  }
  return out + "# EOF\n";
}

}  // namespace warder
