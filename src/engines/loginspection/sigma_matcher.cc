#include "engines/loginspection/sigma_matcher.h"

#include <algorithm>
#include <unordered_set>

namespace warder::loginspection {

namespace {

constexpr std::size_t kMaxSeen = 4096;  // events of one group

/// Whether the events have every rule in order.
template <class Events>
bool has_in_order(const Events& events, std::size_t rules) {
  std::size_t next = 0;
  for (const auto& seen : events) {
    if (next < rules && seen.rule == next) ++next;
  }
  return next == rules;
}

}  // namespace

const std::vector<SigmaMatch>& SigmaMatcher::match(const Event& event, const CandidateBits& candidates,
                                                   std::int64_t now, rules::Captures& captures) {
  found_.clear();
  matched_.clear();
  const std::uint32_t first = sigma_.rules.empty() ? 0 : sigma_.rules.front().bit;
  const std::uint32_t end = first + static_cast<std::uint32_t>(sigma_.rules.size());
  for (std::uint32_t bit = candidates.next(first, end); bit < end; bit = candidates.next(bit + 1, end)) {
    const CompiledSigmaRule& rule = sigma_.rules[bit - first];
    if (!matches(rule, event, captures)) continue;
    matched_.push_back(bit - first);
    if (rule.is_reported) found_.push_back({&rule.info});
  }
  if (matched_.empty()) return found_;
  for (std::size_t i = 0; i < sigma_.correlations.size(); ++i) {
    const SigmaCorrelation& correlation = sigma_.correlations[i];
    for (std::uint32_t place = 0; place < correlation.rules.size(); ++place) {
      const bool is_matched = std::find(matched_.begin(), matched_.end(), correlation.rules[place]) != matched_.end();
      if (is_matched && is_fulfilled(correlation, place, i, event, now)) found_.push_back({&correlation.info});
    }
  }
  return found_;
}

bool SigmaMatcher::is_fulfilled(const SigmaCorrelation& correlation, std::uint32_t place, std::size_t index,
                                const Event& event, std::int64_t now) {
  std::string key = std::to_string(index);
  for (const SigmaField& by : correlation.group_by) {
    const auto value = value_of(by, event);
    if (!value) return false;
    key.push_back('\0');
    key.append(*value);
  }
  if (groups_.size() >= max_keys_ && !groups_.contains(key)) groups_.clear();
  auto& events = groups_[std::move(key)];
  while (!events.empty() && now - events.front().time > correlation.timespan_s) events.pop_front();
  if (events.size() >= kMaxSeen) events.pop_front();
  Seen seen{now, place, 0};
  if (!correlation.values.empty()) {
    const auto value = value_of(correlation.values.front(), event);
    if (!value) return false;
    seen.value = std::hash<std::string_view>{}(*value);
  }
  events.push_back(seen);

  bool is_enough = false;
  switch (correlation.kind) {
    case SigmaCorrelation::Kind::EventCount: {
      const auto count = static_cast<double>(events.size());
      is_enough = correlation.is_exactly ? count == correlation.at_least : count >= correlation.at_least;
      break;
    }
    case SigmaCorrelation::Kind::ValueCount: {
      std::unordered_set<std::size_t> values;
      for (const Seen& one : events) values.insert(one.value);
      const auto count = static_cast<double>(values.size());
      is_enough = correlation.is_exactly ? count == correlation.at_least : count >= correlation.at_least;
      break;
    }
    case SigmaCorrelation::Kind::Temporal: {
      std::unordered_set<std::uint32_t> rules;
      for (const Seen& one : events) rules.insert(one.rule);
      is_enough = rules.size() == correlation.rules.size();
      break;
    }
    case SigmaCorrelation::Kind::TemporalOrdered:
      is_enough = has_in_order(events, correlation.rules.size());
      break;
  }
  if (is_enough) events.clear();  // what was reported is not counted again
  return is_enough;
}

}  // namespace warder::loginspection
