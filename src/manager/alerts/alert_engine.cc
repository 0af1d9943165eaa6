#include "manager/alerts/alert_engine.h"

#include <algorithm>
#include <iterator>

#include "manager/events/own_event.h"

namespace warder::manager {
namespace {

constexpr std::chrono::seconds kTick{1};  // at most between two looks at what time does, however much is to be read

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
    for (AlertCall& call : alert.calls) {
      if (!call.escalates) continue;
      *call.escalates -= before - now;
      dirty_.insert(id);
    }
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
  fold_groups(parts_.clock.now());
  return {};
}

// A rule that lists members now had an alert of each before: one goes on for them all.
void AlertEngine::fold_groups(Timestamp now) {
  for (const Compiled& rule : rules_) {
    if (rule.members == nullptr) continue;
    std::vector<Kept> old;
    for (auto each = kept_.begin(); each != kept_.end();) {
      const AlertMemory& memory = each->second.memory;
      const bool is_old = memory.rule == rule.rule.id && memory.group.contains(std::string(rule.members->key));
      if (is_old) old.push_back(std::move(each->second));
      each = is_old ? kept_.erase(each) : std::next(each);
    }
    for (Kept& each : old) {
      --groups_[rule.rule.id];
      close(nullptr, each, now);
      AlertGroup group = each.memory.group;
      std::string member = std::move(group.extract(std::string(rule.members->key)).mapped());
      Kept& kept = kept_for(rule, std::move(group));
      kept.memory.members.insert(std::move(member));
      move(rule, kept, value_of(rule, kept, now), now);
      show_members(kept, false);
      forgotten_.push_back(std::move(each.memory));
    }
  }
}

Result<AlertEngine::Compiled> AlertEngine::compile(AlertRule rule) {
  Compiled compiled;
  if (rule.state.empty()) compiled.filter = WD_TRY(parse_filter(rule.filter));
  if (rule.state.empty() && !rule.resolve_filter.empty()) compiled.resolve = WD_TRY(parse_filter(rule.resolve_filter));
  for (const std::string& each : rule.group_by)
    if (const FilterField* field = find_filter_field(each)) compiled.group_by.push_back(field);
  compiled.members = rule.members.empty() ? nullptr : find_filter_field(rule.members);
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

Result<void> AlertEngine::tick(Timestamp now) {
  tick_due_ = now + kTick;
  tick_silences(now);
  tick_growth(now);
  tick_escalations(now);
  if (now < states_due_) return {};
  states_due_ = now + options_.state_interval;
  tick_states(now);
  return tick_heartbeats(now);
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
