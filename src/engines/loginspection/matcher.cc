#include "engines/loginspection/matcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace warder::loginspection {

namespace {

constexpr std::size_t kMaxIgnored = 8192;
constexpr std::size_t kMaxSimilar = 32;     // keys that a new one of intrusion detection is compared with
constexpr std::size_t kSimilarPrefix = 14;  // characters from which on two are alike
constexpr std::size_t kMaxKeyBytes = 255;

struct LocalTime {
  int minute_of_day = 0;
  unsigned week_day = 0;  // 0 is Sunday
};
LocalTime local_time(const Line& line) noexcept {
  const auto local = std::chrono::floor<std::chrono::minutes>(line.time + std::chrono::seconds(line.utc_offset_s));
  const auto day = std::chrono::floor<std::chrono::days>(local);
  return {static_cast<int>((local - day).count()), std::chrono::weekday(day).c_encoding()};
}

std::string key_of(const Event& event, std::string_view name, const std::vector<FieldId>& fields) {
  std::string key(name);
  for (const FieldId id : fields) key.append(" ").append(event.value(id));
  if (key.size() > kMaxKeyBytes) key.resize(kMaxKeyBytes);
  return key;
}

}  // namespace

Matcher::Matcher(const Compiled& compiled, const EngineOptions& options)
    : compiled_(compiled),
      history_(compiled.rules, compiled.dialect, options.max_remembered),
      first_seen_(options.max_first_seen),
      ignored_(kMaxIgnored),
      ignored_since_(compiled.rules.rules.size(), 0) {}

void Matcher::clear() {
  history_.clear();
  first_seen_.clear();
  ignored_.clear();
  similar_.clear();
  last_output_.clear();
  std::fill(ignored_since_.begin(), ignored_since_.end(), 0);
}

void Matcher::trace(std::string_view what, const CompiledRule& rule) const {
  if (tracer_) tracer_(fmt::format("rule {}: {} ({})", rule.info.id, what, rule.info.description));
}

Match Matcher::match(Event& event, const CandidateBits& candidates, const Line& line, rules::Captures& captures) {
  Context context{event, candidates, line, captures,
                  std::chrono::floor<std::chrono::seconds>(line.time).time_since_epoch().count()};
  if (event.referred_rule != kNoIndex) {
    const std::uint32_t referred = compiled_.rules.index_of(event.referred_rule);
    return referred == kNoIndex ? Match{} : conclude(referred, context);
  }
  for (std::uint32_t root = 0; root < compiled_.rules.root_count; ++root) {
    const RuleNode& node = compiled_.rules.nodes[root];
    if (compiled_.rules.rules[node.rule].category != event.category) continue;
    const std::uint32_t found = evaluate(root, context);
    if (found != kNoIndex) return conclude(found, context);
  }
  return {};
}

Match Matcher::conclude(std::uint32_t rule, Context& context) {
  const CompiledRule& found = compiled_.rules.rules[rule];
  if (found.info.level == 0) return {rule, false};
  if (is_ignored(rule, context.event, context.now)) {
    trace("is being ignored", found);
    return {rule, false};
  }
  history_.remember(rule, context.event, context.now, context.captures);
  return {rule, found.info.is_logged};
}

bool Matcher::is_ignored(std::uint32_t rule, const Event& event, std::int64_t now) {
  const CompiledRule& found = compiled_.rules.rules[rule];
  if (found.ignore_s != 0) {
    std::int64_t& since = ignored_since_[rule];
    if (since == 0) {
      since = now;
    } else if (now - since < found.ignore_s) {
      return true;
    } else {
      since = 0;
    }
  }
  if (!found.checked_if_ignored.empty() && ignored_.has(key_of(event, "", found.checked_if_ignored))) return true;
  if (!found.ignored_fields.empty()) ignored_.add(key_of(event, "", found.ignored_fields));
  return false;
}

std::uint32_t Matcher::first_match(std::uint32_t first, std::uint32_t count, Context& context) {
  const RuleSet& rules = compiled_.rules;
  const std::uint32_t end = first + count;
  const bool is_second_level = first >= rules.root_count && end <= rules.second_level_end;
  const std::uint64_t* const allowed = is_second_level && context.event.decoder_id < rules.allowed.size()
                                           ? rules.allowed[context.event.decoder_id].data()
                                           : nullptr;
  const auto next = [&](std::uint32_t from) { return context.candidates.next(from, end, allowed); };
  for (std::uint32_t node = next(first); node < end; node = next(node + 1)) {
    const std::uint32_t found = evaluate(node, context);
    if (found != kNoIndex) return found;
  }
  return kNoIndex;
}

std::uint32_t Matcher::evaluate(std::uint32_t node, Context& context) {
  const RuleNode& at = compiled_.rules.nodes[node];
  const CompiledRule& rule = compiled_.rules.rules[at.rule];
  if (!holds(at.rule, context)) {
    trace("no match", rule);
    return kNoIndex;
  }
  trace("match", rule);
  if (at.child_count != 0) {
    const std::uint32_t found = first_match(at.first_child, at.child_count, context);
    if (found != kNoIndex) return found;
  }
  return rule.is_silent ? kNoIndex : at.rule;
}

bool Matcher::holds(std::uint32_t index, Context& context) {
  const CompiledRule& rule = compiled_.rules.rules[index];
  if (rule.decoded_as != 0 && rule.decoded_as != context.event.decoder_id) return false;
  for (const Condition& condition : rule.conditions) {
    if (!condition.holds(context.event, context.captures)) return false;
  }
  return holds_extra(index, rule, context);
}

bool Matcher::holds_extra(std::uint32_t index, const CompiledRule& rule, Context& context) {
  const Event& event = context.event;
  for (const Check check : rule.checks) {
    if (!check(event)) return false;
  }
  if (rule.min_bytes != 0 && event.value(field::kLog).size() + 1 < rule.min_bytes) return false;
  if (rule.day_time || rule.week_days != 0) {
    const LocalTime local = local_time(context.line);
    if (rule.day_time && !rule.day_time->contains(local.minute_of_day)) return false;
    if (rule.week_days != 0 && (rule.week_days >> local.week_day & 1) == 0) return false;
  }
  if (rule.is_changed_output && !has_changed(index, event)) return false;
  if (rule.is_first_seen && !is_first_seen(event)) return false;
  for (const ListCondition& condition : rule.lists) {
    if (!is_in_list(condition, event, context.captures)) return false;
  }
  return !rule.composite || history_.has_enough(index, context.event, context.now);
}

bool Matcher::is_in_list(const ListCondition& condition, const Event& event, rules::Captures& captures) {
  FieldId id = condition.field;
  if (condition.is_user) id = event.has(field::kSrcUser) ? field::kSrcUser : field::kDstUser;
  if (!event.has(id) || !condition.list) return false;
  const std::string_view value = event.value(id);
  switch (condition.lookup) {
    case Lookup::MatchKey:
      return condition.list->find(value) != nullptr;
    case Lookup::NotMatchKey:
      return condition.list->find(value) == nullptr;
    case Lookup::AddressMatchKey:
      return condition.list->find_address(value) != nullptr;
    case Lookup::NotAddressMatchKey:
      return condition.list->find_address(value) == nullptr;
    case Lookup::MatchKeyValue:
    case Lookup::AddressMatchKeyValue: {
      const std::string* const found =
          condition.lookup == Lookup::MatchKeyValue ? condition.list->find(value) : condition.list->find_address(value);
      return found != nullptr && condition.value && condition.value->match(*found, captures);
    }
  }
  return false;
}

bool Matcher::is_first_seen(const Event& event) {
  if (event.decoder == kNoIndex) return false;
  const Decoder& decoder = compiled_.decoders.all[event.decoder];
  if (!decoder.has_first_seen) return false;
  std::string key = key_of(event, decoder.name, decoder.first_seen);
  if (decoder.first_seen_by_location) key.append(" ").append(event.value(field::kLocation));
  if (first_seen_.has(key)) return false;
  if (event.category == Category::Ids) {
    // The third that is much like others stands for all of its kind.
    std::size_t alike = 0;
    for (const std::string& other : similar_) {
      const auto [end, ignored] = std::mismatch(other.begin(), other.end(), key.begin(), key.end());
      if (static_cast<std::size_t>(end - other.begin()) > kSimilarPrefix) ++alike;
    }
    if (alike > 2) key.resize(kSimilarPrefix);
    similar_.push_back(key);
    if (similar_.size() > kMaxSimilar) similar_.pop_front();
  }
  return first_seen_.add(std::move(key));
}

bool Matcher::has_changed(std::uint32_t rule, const Event& event) {
  const std::string_view log = event.value(field::kLog);
  const auto [last, is_new] = last_output_.try_emplace(rule, log);
  if (is_new || last->second == log) return false;
  last->second = log;
  return true;
}

}  // namespace warder::loginspection
