// Whether rules hold: what is counted of events, how it stands with states, and what that is compared with.
#include <algorithm>

#include "manager/alerts/alert_engine.h"
#include "manager/events/field_text.h"
#include "manager/events/filter_match.h"

namespace warder::manager {
namespace {

const AlertGroup kOthers{{"group", "others"}};
constexpr std::string_view kOtherMembers = "others";

AlertGroup group_of(const std::vector<const FilterField*>& fields, const StoredEvent& event) {
  AlertGroup group;
  for (const FilterField* field : fields) group[std::string(field->key)] = field_text(*field, event);
  return group;
}

/// Whether it is another one. What there is no room for is one together.
bool add_member(AlertMemory& memory, std::string member, std::size_t most) {
  if (memory.members.size() >= most && !memory.members.contains(member)) member = kOtherMembers;
  return memory.members.insert(std::move(member)).second;
}

}  // namespace

void AlertEngine::observe(const StoredEvent& event) {
  for (Compiled& rule : rules_) {
    if (!rule.rule.state.empty()) continue;
    if (matches(rule.filter, event)) count_event(rule, event);
    if (!rule.resolve || !matches(*rule.resolve, event)) continue;
    if (rule.members != nullptr)
      end_member(rule, event);
    else
      end_by_event(rule, event);
  }
}

AlertEngine::Kept& AlertEngine::kept_for(const Compiled& rule, AlertGroup group) {
  std::string key = active_key(rule.rule.id, group);
  auto found = kept_.find(key);
  if (found == kept_.end() && groups_[rule.rule.id] >= options_.max_groups) {
    group = kOthers;
    key = active_key(rule.rule.id, group);
    found = kept_.find(key);
  }
  if (found != kept_.end()) return found->second;
  ++groups_[rule.rule.id];
  Kept fresh;
  fresh.memory.rule = rule.rule.id;
  fresh.memory.group = std::move(group);
  fresh.memory.window = EventWindow(rule.rule.window);
  return kept_.emplace(key, std::move(fresh)).first->second;
}

std::int64_t AlertEngine::value_of(const Compiled& rule, Kept& kept, Timestamp time) {
  return rule.members == nullptr ? kept.memory.window.count(time)
                                 : static_cast<std::int64_t>(kept.memory.members.size());
}

// Time may have taken it below a threshold before the event came: that is seen first.
void AlertEngine::count_event(Compiled& rule, const StoredEvent& event) {
  Kept& kept = kept_for(rule, group_of(rule.group_by, event));
  const Timestamp time = std::max(kept.time, event.received);
  move(rule, kept, value_of(rule, kept, time), time);
  const bool is_more =
      rule.members != nullptr && add_member(kept.memory, field_text(*rule.members, event), options_.max_groups);
  if (rule.members == nullptr) kept.memory.window.add(time);
  const bool was_open = kept.memory.alert.has_value();
  ++kept.memory.count;
  kept.memory.events.push_back(event.event.id.text());
  if (kept.memory.events.size() > kMaxAlertEvents) kept.memory.events.erase(kept.memory.events.begin());
  kept.is_dirty = true;
  const std::int64_t value = value_of(rule, kept, time);
  move(rule, kept, value, time);
  if (!kept.memory.alert) return;
  if (rule.members != nullptr) show_members(kept, is_more && was_open);
  Alert& alert = active_.at(*kept.memory.alert);
  alert.count = kept.memory.count;
  alert.value = value;
  alert.last = time;
  alert.events = kept.memory.events;
  dirty_.insert(alert.id);
}

// What the alert of the group lists is one less; with the last one it is over.
void AlertEngine::end_member(const Compiled& rule, const StoredEvent& event) {
  const auto found = kept_.find(active_key(rule.rule.id, group_of(rule.group_by, event)));
  if (found == kept_.end()) return;
  Kept& kept = found->second;
  if (kept.memory.members.erase(field_text(*rule.members, event)) == 0) return;
  kept.is_dirty = true;
  const Timestamp time = std::max(kept.time, event.received);
  move(rule, kept, value_of(rule, kept, time), time);
  show_members(kept, false);
}

void AlertEngine::show_members(Kept& kept, bool is_grown) {
  if (!kept.memory.alert) return;
  Alert& alert = active_.at(*kept.memory.alert);
  alert.members.assign(kept.memory.members.begin(), kept.memory.members.end());
  alert.value = static_cast<std::int64_t>(alert.members.size());
  dirty_.insert(alert.id);
  if (!is_grown) return;
  alert.is_grown = true;
  if (alert.state != AlertState::Acknowledged) return;
  alert.state = AlertState::Open;  // who has acknowledged it did not know of this one
  alert.acknowledged_by.clear();
  alert.acknowledged.reset();
}

void AlertEngine::end_by_event(const Compiled& rule, const StoredEvent& event) {
  const auto found = kept_.find(active_key(rule.rule.id, group_of(rule.group_by, event)));
  if (found == kept_.end()) return;
  Kept& kept = found->second;
  kept.time = std::max(kept.time, event.received);
  kept.memory.window.clear();
  kept.is_dirty = true;
  const bool is_firing = kept.memory.condition.is_firing();
  kept.memory.condition = {Condition::Phase::Quiet, kept.time};
  if (is_firing) close(&rule.rule, kept, kept.time);
}

void AlertEngine::move(const Compiled& rule, Kept& kept, std::int64_t value, Timestamp time) {
  const Condition before = kept.memory.condition;
  const Crossing crossing = step(rule.rule.hysteresis, kept.memory.condition, value, time);
  kept.time = time;
  // What finds no room is tried again for as long as it holds.
  if (crossing == Crossing::Fires && !open(rule.rule, kept, value, time))
    kept.memory.condition = {Condition::Phase::Rising, before.phase == Condition::Phase::Rising ? before.since : time};
  if (kept.memory.condition.phase != before.phase) kept.is_dirty = true;
  if (crossing == Crossing::Resolves) close(&rule.rule, kept, time);
}

void AlertEngine::tick_windows(Timestamp now) {
  for (auto each = kept_.begin(); each != kept_.end();) {
    Kept& kept = each->second;
    const Compiled* const rule = rule_of(kept.memory.rule);
    if (rule == nullptr) {
      close(nullptr, kept, now);  // the rule is gone or off
    } else if (rule->rule.state.empty()) {
      const Timestamp time = std::max(kept.time, now);
      move(*rule, kept, value_of(*rule, kept, time), time);
    }
    const bool is_over =
        rule == nullptr || (rule->rule.state.empty() ? value_of(*rule, kept, std::max(kept.time, now)) == 0
                                                     : kept.time < now - options_.state_interval * 3);
    if (rule == nullptr || (is_over && kept.memory.condition.phase == Condition::Phase::Quiet)) {
      --groups_[kept.memory.rule];
      forgotten_.push_back(std::move(kept.memory));
      each = kept_.erase(each);
    } else {
      ++each;
    }
  }
}

void AlertEngine::tick_states(Timestamp now) {
  std::set<std::string> wanted;
  for (const Compiled& each : rules_)
    if (!each.rule.state.empty()) wanted.insert(each.rule.state);
  for (const StateSource& source : parts_.states) {
    if (std::ranges::none_of(source.states, [&](const std::string& each) { return wanted.contains(each); })) continue;
    const auto samples = source.collect(scope_);
    if (!samples) {
      parts_.log.warning("alerts.state.unknown", samples.error().message, {{"state", *source.states.begin()}});
      continue;
    }
    for (const Compiled& each : rules_)
      if (source.states.contains(each.rule.state)) evaluate_state(each, *samples, now);
  }
}

void AlertEngine::evaluate_state(const Compiled& rule, const std::vector<StateSample>& samples, Timestamp now) {
  std::map<AlertGroup, std::int64_t> values;
  for (const StateSample& sample : samples) {
    if (sample.state != rule.rule.state) continue;
    AlertGroup group;
    for (const auto& [key, value] : sample.group)
      if (rule.rule.group_by.empty() || std::ranges::find(rule.rule.group_by, key) != rule.rule.group_by.end())
        group[key] = value;
    const auto [found, is_new] = values.emplace(std::move(group), sample.value);
    if (!is_new) found->second = std::max(found->second, sample.value);
  }
  bool is_crowded = false;
  for (const auto& [group, value] : values) {
    const bool is_known = kept_.contains(active_key(rule.rule.id, group));
    if (!is_known && value < rule.rule.hysteresis.fire_at) continue;
    Kept& kept = kept_for(rule, group);
    is_crowded = is_crowded || kept.memory.group == kOthers;
    move(rule, kept, value, std::max(kept.time, now));
    if (kept.memory.alert) active_.at(*kept.memory.alert).value = value;
  }
  for (auto& [key, kept] : kept_) {
    const bool is_there = kept.memory.group == kOthers ? is_crowded : values.contains(kept.memory.group);
    if (kept.memory.rule != rule.rule.id || is_there) continue;
    move(rule, kept, rule.rule.hysteresis.resolve_at - 1, std::max(kept.time, now));
  }
}

}  // namespace warder::manager
