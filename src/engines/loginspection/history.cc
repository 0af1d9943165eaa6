#include "engines/loginspection/history.h"

#include <algorithm>
#include <bit>
#include <string_view>

namespace warder::loginspection {

namespace {

constexpr std::size_t kMaxUnlike = 128;  // lines looked at for a rule that asks for differences

std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t x = a ^ (b + 0x9e3779b97f4a7c15U + (a << 6U) + (a >> 2U));
  x ^= x >> 33U;
  x *= 0xff51afd7ed558ccdU;
  x ^= x >> 33U;
  return x;
}

/// Never 0.
std::uint64_t hash_of(std::string_view text) noexcept {
  const std::uint64_t hash = std::hash<std::string_view>{}(text);
  return hash == 0 ? 1 : hash;
}

/// 0 when one of the fields is not there.
std::uint64_t key_of(const std::uint64_t* hashes, const std::vector<std::uint32_t>& fields) noexcept {
  std::uint64_t key = 1;
  for (const std::uint32_t field : fields) {
    if (hashes[field] == 0) return 0;
    key = mix(key, hashes[field]);
  }
  return key == 0 ? 1 : key;
}

}  // namespace

History::History(const RuleSet& rules, Dialect dialect, std::size_t max_lines)
    : rules_(rules),
      dialect_(dialect),
      lines_(std::bit_ceil(std::max<std::size_t>(max_lines, 2))),
      sources_(rules.sources.size()) {
  const auto place_of = [&](FieldId id) {
    const auto found = std::find(fields_.begin(), fields_.end(), id);
    if (found != fields_.end()) return static_cast<std::uint32_t>(found - fields_.begin());
    fields_.push_back(id);
    return static_cast<std::uint32_t>(fields_.size() - 1);
  };
  plan_of_.assign(rules.rules.size(), 0);
  for (std::uint32_t i = 0; i < rules.rules.size(); ++i) {
    if (!rules.rules[i].composite) continue;
    const Composite& composite = *rules.rules[i].composite;
    plan_of_[i] = static_cast<std::uint32_t>(plans_.size());
    Plan& plan = plans_.emplace_back();
    for (const FieldId id : composite.same) plan.same.push_back(place_of(id));
    for (const FieldId id : composite.different) plan.different.push_back(place_of(id));
    for (const FieldId id : composite.different_and_there) plan.different_and_there.push_back(place_of(id));
    const bool is_plain = plan.different.empty() && plan.different_and_there.empty();
    plan.capacity = composite.earlier + (is_plain ? 0 : kMaxUnlike);
  }
  hashes_.assign(lines_.size() * fields_.size(), 0);
  event_hashes_.assign(fields_.size(), 0);
}

void History::hash_event(const Event& event) {
  if (hashed_ == event.generation()) return;
  hashed_ = event.generation();
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    event_hashes_[i] = event.has(fields_[i]) ? hash_of(event.value(fields_[i])) : 0;
  }
}

bool History::differs(const Plan& plan, std::uint64_t number) const noexcept {
  const std::uint64_t* const other = hashes(number);
  const auto is_other = [&](std::uint32_t field) {
    return event_hashes_[field] == 0 || other[field] == 0 || event_hashes_[field] != other[field];
  };
  const auto is_other_and_there = [&](std::uint32_t field) {
    return event_hashes_[field] != 0 && other[field] != 0 && event_hashes_[field] != other[field];
  };
  return std::all_of(plan.different.begin(), plan.different.end(), is_other) &&
         std::all_of(plan.different_and_there.begin(), plan.different_and_there.end(), is_other_and_there);
}

void History::mark(std::uint64_t number, unsigned level) {
  Line& marked = line(number);
  marked.matched_level = std::max(marked.matched_level, static_cast<std::uint8_t>(level));
  for (const std::uint32_t source : rules_.rules[marked.rule].sources) {
    auto& newest = sources_[source].newest_marked;
    for (unsigned l = 0; l <= level; ++l) newest[l] = std::max(newest[l], number);
  }
  // Those of a pattern are searched among all lines.
  for (const std::uint32_t source : rules_.pattern_sources) {
    auto& newest = sources_[source].newest_marked;
    for (unsigned l = 0; l <= level; ++l) newest[l] = std::max(newest[l], number);
  }
}

bool History::has_enough(std::uint32_t rule, Event& event, std::int64_t now) {
  const CompiledRule& counting = rules_.rules[rule];
  if (counting.composite->source == kNoIndex) return false;
  Plan& plan = plans_[plan_of_[rule]];
  const SourceState& source = sources_[counting.composite->source];
  if (!is_kept(source.newest)) return false;
  hash_event(event);
  const std::uint64_t key = key_of(event_hashes_.data(), plan.same);
  const auto found = key == 0 ? plan.buckets.end() : plan.buckets.find(key);
  if (found == plan.buckets.end()) return false;
  const auto& numbers = found->second.lines;
  const unsigned level = std::min(counting.info.level, 16U);
  // In OSSEC a marked line ends the search wherever it is, in Wazuh only where it is like this one.
  const std::uint64_t barrier = dialect_ == Dialect::Ossec ? source.newest_marked[level] : 0;
  unsigned count = 0;
  std::uint64_t first_like = 0;
  const std::size_t looked_at = std::min(numbers.size(), plan.capacity);
  for (auto it = numbers.rbegin(); it != numbers.rbegin() + static_cast<std::ptrdiff_t>(looked_at); ++it) {
    const std::uint64_t number = *it;
    if (!is_kept(number) || number <= barrier || now - line(number).time > counting.composite->timeframe_s)
      return false;
    if (!differs(plan, number)) continue;
    if (dialect_ == Dialect::Wazuh && line(number).matched_level >= level && level != 0) return false;
    if (first_like == 0) first_like = number;
    if (++count < counting.composite->earlier) continue;
    event.matched_level = level;
    if (dialect_ == Dialect::Ossec) {
      mark(number, level);
      if (is_kept(source.newest)) mark(source.newest, level);
    } else if (counting.composite->earlier > 1) {
      mark(first_like, level);
    }
    return true;
  }
  return false;
}

void History::find_feeds(std::uint32_t rule, const Event& event, rules::Captures& captures) {
  const auto& of_rule = rules_.rules[rule].sources;
  feeds_.assign(of_rule.begin(), of_rule.end());
  for (const std::uint32_t index : rules_.pattern_sources) {
    const Source& source = rules_.sources[index];
    if (source.category == event.category && source.pattern->match(event.value(field::kLog), captures)) {
      feeds_.push_back(index);
    }
  }
}

void History::remember(std::uint32_t rule, const Event& event, std::int64_t now, rules::Captures& captures) {
  find_feeds(rule, event, captures);
  if (feeds_.empty()) return;
  hash_event(event);
  const std::uint64_t number = next_++;
  line(number) = {now, rule, 0};
  std::copy(event_hashes_.begin(), event_hashes_.end(),
            hashes_.begin() + static_cast<std::ptrdiff_t>(slot(number) * fields_.size()));
  for (const std::uint32_t feed : feeds_) {
    sources_[feed].newest = number;
    for (const std::uint32_t composite : rules_.sources[feed].composites) {
      Plan& plan = plans_[plan_of_[composite]];
      const std::uint64_t key = key_of(event_hashes_.data(), plan.same);
      if (key == 0) continue;
      const auto [bucket, is_new] = plan.buckets.try_emplace(key);
      if (is_new) ++bucket_count_;
      auto& numbers = bucket->second.lines;
      if (numbers.size() >= 2 * plan.capacity) {
        numbers.erase(numbers.begin(), numbers.end() - static_cast<std::ptrdiff_t>(plan.capacity));
      }
      numbers.push_back(number);
    }
  }
  if (event.matched_level != 0) mark(number, event.matched_level);
  if (bucket_count_ > 4 * lines_.size()) drop_stale_buckets();
}

void History::drop_stale_buckets() {
  bucket_count_ = 0;
  for (Plan& plan : plans_) {
    std::erase_if(plan.buckets, [&](const auto& entry) { return !is_kept(entry.second.lines.back()); });
    bucket_count_ += plan.buckets.size();
  }
  if (bucket_count_ <= 4 * lines_.size() / 2) return;
  // Lines that feed many rules: forget the older half.
  const std::uint64_t oldest = next_ - std::min<std::uint64_t>(next_, lines_.size() / 2);
  bucket_count_ = 0;
  for (Plan& plan : plans_) {
    std::erase_if(plan.buckets, [&](const auto& entry) { return entry.second.lines.back() < oldest; });
    bucket_count_ += plan.buckets.size();
  }
}

void History::clear() {
  for (Plan& plan : plans_) plan.buckets.clear();
  std::fill(sources_.begin(), sources_.end(), SourceState{});
  next_ = 1;
  bucket_count_ = 0;
  hashed_ = 0;
}

}  // namespace warder::loginspection
