#include "engines/ips/thresholds.h"

#include <algorithm>

namespace warder::ips {

namespace {

constexpr std::size_t kMaxCounters = 200'000;

bool is_suppressed(const Threshold& threshold, const Thresholds::Occurrence& occurrence) {
  if (threshold.addresses.is_any()) return true;
  const bool source = threshold.addresses.contains(occurrence.source);
  const bool destination = threshold.addresses.contains(occurrence.destination);
  switch (threshold.track) {
    case Threshold::Track::Source:
      return source;
    case Threshold::Track::Destination:
      return destination;
    case Threshold::Track::Both:
      return source || destination;
    case Threshold::Track::Rule:
    case Threshold::Track::Flow:
      return true;
  }
  return true;
}

}  // namespace

ThresholdOutcome Thresholds::count(const Rule& rule, const Occurrence& occurrence) {
  ThresholdOutcome outcome;
  for (std::size_t i = 0; i < rule.thresholds.size(); ++i) {
    const auto& threshold = rule.thresholds[i];
    if (threshold.kind == Threshold::Kind::Suppress) {
      if (is_suppressed(threshold, occurrence)) outcome.alerts = false;
      continue;
    }
    IpAddress first;
    IpAddress second;
    std::uint64_t flow = 0;
    switch (threshold.track) {
      case Threshold::Track::Source:
        first = occurrence.source;
        break;
      case Threshold::Track::Destination:
        first = occurrence.destination;
        break;
      case Threshold::Track::Both:
        first = std::min(occurrence.source, occurrence.destination);
        second = std::max(occurrence.source, occurrence.destination);
        break;
      case Threshold::Track::Rule:
        break;
      case Threshold::Track::Flow:
        flow = occurrence.flow;
        break;
    }
    if (counters_.size() >= kMaxCounters) counters_.clear();
    auto& counter = counters_[{rule.gid, rule.sid, i, first, second, flow}];
    const auto one = count(threshold, counter, occurrence.time);
    outcome.alerts &= one.alerts;
    outcome.acts &= one.acts;
    if (one.action) outcome.action = one.action;
  }
  return outcome;
}

ThresholdOutcome Thresholds::count(const Threshold& threshold, Counter& counter, Timestamp now) {
  const bool is_new = counter.count == 0 && counter.next == 0;
  const bool is_over = !is_new && now - counter.since > std::chrono::seconds(threshold.seconds);
  if (is_new || (is_over && threshold.kind != Threshold::Kind::Backoff)) {
    counter.since = now;
    counter.count = 0;
  }
  ++counter.count;
  ThresholdOutcome outcome;
  switch (threshold.kind) {
    case Threshold::Kind::Limit:
      outcome.alerts = counter.count <= threshold.count;
      break;
    case Threshold::Kind::Threshold:
      outcome.alerts = outcome.acts = counter.count >= threshold.count;
      if (outcome.alerts) counter = {now, 0, 1, {}};
      break;
    case Threshold::Kind::Both:
      outcome.alerts = counter.count == threshold.count;
      outcome.acts = counter.count >= threshold.count;
      break;
    case Threshold::Kind::Backoff:
      if (counter.next == 0) counter.next = threshold.count;
      outcome.alerts = counter.count == counter.next;
      if (outcome.alerts) counter.next *= std::max(threshold.multiplier, 1U);
      break;
    case Threshold::Kind::Detection:
      outcome.alerts = outcome.acts = counter.count > threshold.count;
      break;
    case Threshold::Kind::Rate:
      if (counter.count >= threshold.count) counter.acts_until = now + std::chrono::seconds(threshold.timeout);
      if (now <= counter.acts_until) outcome.action = threshold.new_action;
      break;
    case Threshold::Kind::Suppress:
      break;
  }
  return outcome;
}

}  // namespace warder::ips
