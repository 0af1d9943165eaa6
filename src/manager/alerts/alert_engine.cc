#include "manager/alerts/alert_engine.h"

#include <algorithm>

#include "manager/events/field_text.h"
#include "manager/events/filter_match.h"
#include "manager/events/own_event.h"
#include "manager/identity/rows.h"

namespace warder::manager {
namespace {

using std::chrono::seconds;

constexpr seconds kTick{1};  // at most between two looks at what time does, however much is to be read
const AlertGroup kOthers{{"group", "others"}};

AlertGroup group_of(const std::vector<const FilterField*>& fields, const StoredEvent& event) {
  AlertGroup group;
  for (const FilterField* field : fields) group[std::string(field->key)] = field_text(*field, event);
  return group;
}

/// What alerts say of themselves is no reason for alerts.
bool is_own(const StoredEvent& event) {
  return event.event.module == ModuleKind::Manager && event.event.type.starts_with("alert.");
}

}  // namespace

Result<AlertEngine::Round> AlertEngine::round() {
  follow_clock(parts_.clock.now());
  if (!WD_TRY(ready())) return Round::Elsewhere;
  auto items = WD_TRY(parts_.events.read_outbox(scope_, place_.place, options_.batch));
  const bool has_more = !items.empty();
  auto done = advance(std::move(items));
  if (!done) is_loaded_ = false;  // what was not written is gone; all is read anew
  if (!done && done.error().code != ErrorCode::Conflict) return fail(done.error());
  WD_TRY(record_events());
  return has_more || !done ? Round::More : Round::Idle;
}

Result<void> AlertEngine::advance(std::vector<OutboxItem> items) {
  for (OutboxItem& item : items) {
    if (item.event && !is_own(*item.event)) observe(*item.event);
    place_.place.numbers[item.file] = item.number;
    is_moved_ = true;
  }
  const Timestamp now = parts_.clock.now();
  // What is not read yet may belong into a window: those wait until all is. All else must not wait for a storm to end.
  if (items.empty()) tick_windows(now);
  if (items.empty() || now >= tick_due_) WD_TRY(tick(now));
  return save();
}

// Set back, the clock would make everything wait that waits for a time.
void AlertEngine::follow_clock(Timestamp now) {
  const Timestamp before = std::exchange(seen_, now);
  if (now >= before) return;
  renewal_ = {};
  states_due_ = {};
  tick_due_ = {};
  for (auto& [key, kept] : kept_) set_back(kept, now);
  for (auto& [rule, times] : told_)
    for (Timestamp& each : times) each = std::min(each, now);
  for (auto& [id, alert] : active_) {
    if (!alert.escalates) continue;
    *alert.escalates -= before - now;
    dirty_.insert(id);
  }
}

void AlertEngine::set_back(Kept& kept, Timestamp now) {
  if (kept.time <= now) return;
  kept.time = now;
  kept.memory.condition.since = std::min(kept.memory.condition.since, now);
  kept.memory.window.set_back(now);
  kept.is_dirty = true;
}

Result<bool> AlertEngine::ready() {
  const Timestamp now = parts_.clock.now();
  const bool is_due = !is_loaded_ || now >= renewal_;
  if (is_due) {
    const auto held = WD_TRY(parts_.alerts.hold(scope_, holder_, WD_TRY(parts_.events.outbox_end(scope_))));
    if (!held) {
      is_loaded_ = false;
      return false;
    }
    renewal_ = now + Alerts::kHold / 3;
    if (is_loaded_ && held->generation == place_.generation) return true;
    place_ = *held;
  } else {
    const auto generation = WD_TRY(parts_.alerts.generation(scope_));
    if (generation == place_.generation) return true;
    place_.generation = generation;
    place_.place = WD_TRY(parts_.alerts.place(scope_)).value_or(place_.place);
  }
  WD_TRY(load());
  return true;
}

Result<void> AlertEngine::load() {
  is_loaded_ = false;
  is_moved_ = false;
  kept_.clear();
  groups_.clear();
  active_.clear();
  told_.clear();
  dirty_.clear();
  forgotten_.clear();
  notices_.clear();
  events_.clear();
  WD_TRY(load_rules());
  routes_.clear();
  for (AlertRoute& route : WD_TRY(parts_.settings.routes(scope_))) {
    TimeZone zone = WD_TRY(TimeZone::load(route.time_zone));
    routes_.emplace_back(std::move(route), std::move(zone));
  }
  silences_ = WD_TRY(parts_.settings.silences(scope_));
  heartbeats_ = WD_TRY(parts_.settings.heartbeats(scope_));
  for (AlertMemory& memory : WD_TRY(parts_.alerts.memories(scope_))) {
    const Compiled* const rule = rule_of(memory.rule);
    if (rule != nullptr && rule->rule.window != memory.window.length()) {
      EventWindow window(rule->rule.window);
      WD_TRY(window.read(memory.window.text()));
      memory.window = std::move(window);
    }
    ++groups_[memory.rule];
    const std::string key = active_key(memory.rule, memory.group);
    const Timestamp time = std::max(memory.condition.since, memory.window.newest());
    Kept& kept = kept_.emplace(key, Kept{std::move(memory), time, false}).first->second;
    set_back(kept, parts_.clock.now());
  }
  for (Alert& alert : WD_TRY(parts_.alerts.active(scope_))) {
    if (alert.is_told) told_[alert.rule].push_back(alert.opened);
    const AlertId id = alert.id;
    active_.emplace(id, std::move(alert));
  }
  for (auto& [rule, times] : told_) std::ranges::sort(times);
  states_due_ = {};
  is_loaded_ = true;
  return {};
}

Result<AlertEngine::Compiled> AlertEngine::compile(AlertRule rule) {
  Compiled compiled;
  if (rule.state.empty()) compiled.filter = WD_TRY(parse_filter(rule.filter));
  if (rule.state.empty() && !rule.resolve_filter.empty()) compiled.resolve = WD_TRY(parse_filter(rule.resolve_filter));
  for (const std::string& each : rule.group_by)
    if (const FilterField* field = find_filter_field(each)) compiled.group_by.push_back(field);
  compiled.rule = std::move(rule);
  return compiled;
}

// One that cannot be read, of another version, keeps none of the others from being evaluated.
Result<void> AlertEngine::load_rules() {
  rules_.clear();
  for (AlertRule& rule : WD_TRY(parts_.settings.rules(scope_))) {
    if (!rule.is_enabled) continue;
    const std::string id = rule.id;
    auto compiled = compile(std::move(rule));
    if (compiled) rules_.push_back(std::move(*compiled));
    if (!compiled) parts_.log.error("alerts.rule.unusable", compiled.error().message, {{"rule", id}});
  }
  return {};
}

const AlertEngine::Compiled* AlertEngine::rule_of(std::string_view id) const {
  const auto found =
      std::ranges::find(rules_, id, [](const Compiled& each) -> std::string_view { return each.rule.id; });
  return found == rules_.end() ? nullptr : &*found;
}

void AlertEngine::observe(const StoredEvent& event) {
  for (Compiled& rule : rules_) {
    if (!rule.rule.state.empty()) continue;
    if (matches(rule.filter, event)) count_event(rule, event);
    if (rule.resolve && matches(*rule.resolve, event)) end_by_event(rule, event);
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

// Time may have taken it below a threshold before the event came: that is seen first.
void AlertEngine::count_event(Compiled& rule, const StoredEvent& event) {
  Kept& kept = kept_for(rule, group_of(rule.group_by, event));
  const Timestamp time = std::max(kept.time, event.received);
  move(rule, kept, kept.memory.window.count(time), time);
  kept.memory.window.add(time);
  ++kept.memory.count;
  kept.memory.events.push_back(event.event.id.text());
  if (kept.memory.events.size() > kMaxAlertEvents) kept.memory.events.erase(kept.memory.events.begin());
  kept.is_dirty = true;
  const std::int64_t value = kept.memory.window.count(time);
  move(rule, kept, value, time);
  if (!kept.memory.alert) return;
  Alert& alert = active_.at(*kept.memory.alert);
  alert.count = kept.memory.count;
  alert.value = value;
  alert.last = time;
  alert.events = kept.memory.events;
  dirty_.insert(alert.id);
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

bool AlertEngine::is_silenced(const Alert& alert, Timestamp now) const {
  return std::ranges::any_of(silences_, [&](const AlertSilence& each) { return silences(each, alert.facts(), now); });
}

bool AlertEngine::open(const AlertRule& rule, Kept& kept, std::int64_t value, Timestamp time) {
  const bool was_full = std::exchange(is_full_, active_.size() >= options_.max_active);
  if (is_full_) {
    if (!was_full)
      parts_.log.warning("alerts.too-many", "an alert was not opened yet: too many are active", {{"rule", rule.id}});
    return false;
  }
  Alert alert;
  alert.id = make_id<AlertId>(parts_.clock.now());
  alert.rule = rule.id;
  alert.group = kept.memory.group;
  alert.severity = rule.severity;
  alert.opened = time;
  alert.last = time;
  alert.count = kept.memory.count;
  alert.value = value;
  alert.fire_at = rule.hysteresis.fire_at;
  alert.events = kept.memory.events;
  kept.memory.alert = alert.id;
  kept.is_dirty = true;
  dirty_.insert(alert.id);
  events_.emplace_back("alert.opened", alert.id);
  if (is_silenced(alert, parts_.clock.now())) {
    alert.state = AlertState::Silenced;
  } else {
    tell_opened(rule, alert);
  }
  active_.emplace(alert.id, std::move(alert));
  return true;
}

void AlertEngine::close(const AlertRule* rule, Kept& kept, Timestamp time) {
  kept.is_dirty = true;
  kept.memory.count = 0;
  kept.memory.events.clear();
  if (!kept.memory.alert) return;
  const auto found = active_.find(*kept.memory.alert);
  kept.memory.alert.reset();
  if (found == active_.end()) return;
  Alert& alert = found->second;
  alert.state = AlertState::Resolved;
  alert.resolved = time;
  alert.escalates.reset();
  dirty_.insert(alert.id);
  events_.emplace_back("alert.resolved", alert.id);
  if (rule == nullptr || !alert.is_told) return;
  tell(*rule, alert, AlertNews::Resolved, alert.told);
  if (alert.rota) call(*rule, alert, AlertNews::Resolved);
}

void AlertEngine::tell(const AlertRule& rule, const Alert& alert, AlertNews news,
                       const std::vector<NoticeChannelId>& channels) {
  const auto& times = told_[rule.id];
  const bool is_last = news == AlertNews::Opened && times.size() >= options_.notices_of_a_rule;
  for (const NoticeChannelId& each : channels)
    notices_.emplace_back(NoticeAddress{each}, alert_notice(rule, alert, news, is_last));
}

// Up to the level that was told: who is on call there now.
void AlertEngine::call(const AlertRule& rule, Alert& alert, AlertNews news) {
  const Timestamp now = parts_.clock.now();
  const auto rota = parts_.rotas.find(scope_, *alert.rota);
  const auto zone = rota ? TimeZone::load(rota->time_zone) : Result<TimeZone>(fail(rota.error()));
  if (!zone) {
    parts_.log.warning("alerts.rota.unusable", zone.error().message, {{"rule", rule.id}});
    alert.escalates.reset();
    return;
  }
  const std::size_t last = rota->levels.size() - 1;
  alert.level = std::min(alert.level, last);
  std::set<UserId> people;
  const std::size_t first = news == AlertNews::Resolved ? 0 : alert.level;
  for (std::size_t level = first; level <= alert.level; ++level) people.insert(on_call(*rota, *zone, level, now));
  for (const UserId& each : people)
    notices_.emplace_back(NoticeAddress{rota->channel, {each}}, alert_notice(rule, alert, news));
  alert.escalates.reset();
  if (news != AlertNews::Resolved && alert.level < last) alert.escalates = now + rota->levels[alert.level].wait;
}

void AlertEngine::tell_opened(const AlertRule& rule, Alert& alert) {
  const Timestamp now = parts_.clock.now();
  auto& times = told_[rule.id];
  while (!times.empty() && times.front() + options_.notices_within <= now) times.pop_front();
  if (times.size() >= options_.notices_of_a_rule) return;
  times.push_back(now);
  for (const auto& [route, zone] : routes_) {
    if (!takes(route, zone, alert.facts(), now)) continue;
    for (const NoticeChannelId& each : route.channels)
      if (std::ranges::find(alert.told, each) == alert.told.end()) alert.told.push_back(each);
    if (!alert.rota) alert.rota = route.rota;
  }
  alert.is_told = !alert.told.empty() || alert.rota;
  tell(rule, alert, AlertNews::Opened, alert.told);
  if (alert.rota) call(rule, alert, AlertNews::Opened);
}

Result<void> AlertEngine::tick(Timestamp now) {
  tick_due_ = now + kTick;
  tick_silences(now);
  WD_TRY(tick_escalations(now));
  if (now < states_due_) return {};
  states_due_ = now + options_.state_interval;
  tick_states(now);
  return tick_heartbeats(now);
}

void AlertEngine::tick_windows(Timestamp now) {
  for (auto each = kept_.begin(); each != kept_.end();) {
    Kept& kept = each->second;
    const Compiled* const rule = rule_of(kept.memory.rule);
    if (rule == nullptr) {
      close(nullptr, kept, now);  // the rule is gone or off
    } else if (rule->rule.state.empty()) {
      const Timestamp time = std::max(kept.time, now);
      move(*rule, kept, kept.memory.window.count(time), time);
    }
    const bool is_over =
        rule == nullptr || (rule->rule.state.empty() ? kept.memory.window.count(std::max(kept.time, now)) == 0
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

void AlertEngine::tick_silences(Timestamp now) {
  for (auto& [id, alert] : active_) {
    if (!alert.is_active()) continue;
    const bool is_quiet = is_silenced(alert, now);
    if (alert.state == AlertState::Open && is_quiet) {
      alert.state = AlertState::Silenced;
      alert.escalates.reset();
      dirty_.insert(id);
    } else if (alert.state == AlertState::Silenced && !is_quiet) {
      alert.state = AlertState::Open;
      dirty_.insert(id);
      const Compiled* const rule = rule_of(alert.rule);
      if (rule != nullptr) tell_opened(rule->rule, alert);
    }
  }
}

Result<void> AlertEngine::tick_escalations(Timestamp now) {
  for (auto& [id, alert] : active_) {
    if (alert.state != AlertState::Open || !alert.escalates || *alert.escalates > now) continue;
    const Compiled* const rule = rule_of(alert.rule);
    if (rule == nullptr || !alert.rota) continue;
    ++alert.level;
    call(rule->rule, alert, AlertNews::Escalated);
    dirty_.insert(id);
    events_.emplace_back("alert.escalated", id);
  }
  return {};
}

// A sign of life that waits to be sent is not followed by another; its receiver is missing them.
Result<void> AlertEngine::tick_heartbeats(Timestamp now) {
  for (const AlertHeartbeat& each : heartbeats_) {
    if (!each.is_enabled) continue;
    const auto last = WD_TRY(parts_.outbox.list(scope_, "heartbeat:" + each.id, 1));
    const auto is_recent = [&](const StoredNotice& sent) {
      return sent.created <= now && sent.created + each.interval > now;  // later than now: the clock was set back
    };
    if (!last.empty() && (last.front().state == NoticeState::Waiting || is_recent(last.front()))) continue;
    notices_.emplace_back(NoticeAddress{each.channel}, heartbeat_notice(each));
  }
  return {};
}

Result<void> AlertEngine::save() {
  const bool has_dirty = std::ranges::any_of(kept_, [](const auto& each) { return each.second.is_dirty; });
  if (!is_moved_ && !has_dirty && dirty_.empty() && forgotten_.empty() && notices_.empty() && events_.empty())
    return {};
  auto db = WD_TRY(parts_.alerts.tenants().config(scope_).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(parts_.alerts.advance(*db, holder_, place_));
  for (auto& [key, kept] : kept_)
    if (kept.is_dirty) WD_TRY(Alerts::write(*db, kept.memory));
  for (const AlertMemory& each : forgotten_) WD_TRY(Alerts::forget(*db, each));
  // Of a rule and a group one is active: the one that ended goes before the one that began.
  for (const bool is_active : {false, true})
    for (const AlertId& id : dirty_)
      if (active_.at(id).is_active() == is_active) WD_TRY(Alerts::write(*db, active_.at(id)));
  for (const auto& [type, id] : events_) WD_TRY(parts_.alerts.put_event(*db, type, id));
  for (const auto& [address, notice] : notices_) {
    const auto put = parts_.outbox.put(*db, address, notice);
    if (!put && put.error().code != ErrorCode::Conflict) return fail(put.error());
    if (!put) parts_.log.warning("alerts.notice.lost", put.error().message, {{"about", notice.about}});
  }
  WD_TRY(tx.commit());
  renewal_ = parts_.clock.now() + Alerts::kHold / 3;
  has_notices_ = has_notices_ || !notices_.empty();
  for (auto& [key, kept] : kept_) kept.is_dirty = false;
  std::erase_if(active_, [](const auto& each) { return !each.second.is_active(); });
  is_moved_ = false;
  dirty_.clear();
  forgotten_.clear();
  notices_.clear();
  events_.clear();
  return {};
}

Result<void> AlertEngine::record_events() {
  for (const DueAlertEvent& due : WD_TRY(parts_.alerts.due_events(scope_))) {
    const auto alert = parts_.alerts.find(scope_, due.alert);
    if (alert) {
      Event event = make_own_event(due.time, due.type, alert->severity);
      event.id = due.id;  // told again after a crash, it is the same event
      if (due.type != "alert.opened") event.severity = Severity::Info;
      event.set("alert.id", alert->id.text());
      event.set("alert.rule", alert->rule);
      event.set("alert.group", group_to_json(alert->group));
      event.set("count", alert->count);
      WD_TRY(parts_.events.record(scope_, std::move(event)));
    }
    WD_TRY(parts_.alerts.forget_event(scope_, due.id));
  }
  return {};
}

}  // namespace warder::manager
