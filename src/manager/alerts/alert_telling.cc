// What becomes of an alert: it opens and is told, or is silenced; it escalates; it ends. And signs of life.
#include <algorithm>

#include "manager/alerts/alert_engine.h"
#include "manager/identity/rows.h"

namespace warder::manager {

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
  alert.members.assign(kept.memory.members.begin(), kept.memory.members.end());
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
  alert.end_calls();
  dirty_.insert(alert.id);
  events_.emplace_back("alert.resolved", alert.id);
  if (rule == nullptr || !alert.is_told) return;
  tell(*rule, alert, AlertNews::Resolved, alert.told);
  Called called;
  for (AlertCall& each : alert.calls) call(*rule, each, AlertNews::Resolved, called);
  tell(*rule, alert, AlertNews::Resolved, called);
}

bool AlertEngine::is_silenced(const Alert& alert, Timestamp now) const {
  return std::ranges::any_of(silences_, [&](const AlertSilence& each) { return silences(each, alert.facts(), now); });
}

void AlertEngine::tell(const AlertRule& rule, const Alert& alert, AlertNews news,
                       const std::vector<NoticeChannelId>& channels) {
  const auto& times = told_[rule.id];
  const bool is_last = news <= AlertNews::Grown && times.size() >= options_.notices_of_a_rule;
  for (const NoticeChannelId& each : channels)
    notices_.emplace_back(NoticeAddress{each}, alert_notice(rule, alert, news, is_last));
}

void AlertEngine::tell(const AlertRule& rule, const Alert& alert, AlertNews news, const Called& called) {
  for (const auto& [channel, person] : called)
    notices_.emplace_back(NoticeAddress{channel, {person}}, alert_notice(rule, alert, news));
}

// Up to the level that was told: who is on call there now.
void AlertEngine::call(const AlertRule& rule, AlertCall& call, AlertNews news, Called& called) const {
  const Timestamp now = parts_.clock.now();
  call.escalates.reset();
  const auto rota = parts_.rotas.find(scope_, call.rota);
  const auto zone = rota ? TimeZone::load(rota->time_zone) : Result<TimeZone>(fail(rota.error()));
  if (!zone) return parts_.log.warning("alerts.rota.unusable", zone.error().message, {{"rule", rule.id}});
  const std::size_t last = rota->levels.size() - 1;
  call.level = std::min(call.level, last);
  const std::size_t first = news == AlertNews::Resolved ? 0 : call.level;
  for (std::size_t level = first; level <= call.level; ++level) {
    const std::pair who{rota->channel, on_call(*rota, *zone, level, now)};
    if (std::ranges::find(called, who) == called.end()) called.push_back(who);
  }
  if (news != AlertNews::Resolved && call.level < last) call.escalates = now + rota->levels[call.level].wait;
}

void AlertEngine::tell_opened(const AlertRule& rule, Alert& alert, AlertNews news) {
  const Timestamp now = parts_.clock.now();
  auto& times = told_[rule.id];
  while (!times.empty() && times.front() + options_.notices_within <= now) times.pop_front();
  if (times.size() >= options_.notices_of_a_rule) return;
  times.push_back(now);
  alert.is_grown = false;
  for (const auto& [route, zone] : routes_) {
    if (!takes(route, zone, alert.facts(), now)) continue;
    for (const NoticeChannelId& each : route.channels)
      if (std::ranges::find(alert.told, each) == alert.told.end()) alert.told.push_back(each);
    if (route.rota && std::ranges::find(alert.calls, *route.rota, &AlertCall::rota) == alert.calls.end())
      alert.calls.push_back({*route.rota, 0, {}});
  }
  alert.is_told = !alert.told.empty() || !alert.calls.empty();
  tell(rule, alert, news, alert.told);
  Called called;
  for (AlertCall& each : alert.calls) {
    if (news == AlertNews::Grown) each.level = 0;
    call(rule, each, news, called);
  }
  tell(rule, alert, news, called);
}

// All that came meanwhile is told at once: whoever was told of the first is not told of each.
void AlertEngine::tick_growth(Timestamp now) {
  for (auto& [id, alert] : active_) {
    const Compiled* const rule = rule_of(alert.rule);
    if (!alert.is_grown || alert.state != AlertState::Open || rule == nullptr) continue;
    const auto& times = told_[alert.rule];
    if (!times.empty() && times.back() + options_.growth_pause > now) continue;
    tell_opened(rule->rule, alert, AlertNews::Grown);
    dirty_.insert(id);
  }
}

void AlertEngine::tick_silences(Timestamp now) {
  for (auto& [id, alert] : active_) {
    if (!alert.is_active()) continue;
    const bool is_quiet = is_silenced(alert, now);
    if (alert.state == AlertState::Open && is_quiet) {
      alert.state = AlertState::Silenced;
      alert.end_calls();
      dirty_.insert(id);
    } else if (alert.state == AlertState::Silenced && !is_quiet) {
      alert.state = AlertState::Open;
      dirty_.insert(id);
      const Compiled* const rule = rule_of(alert.rule);
      if (rule != nullptr) tell_opened(rule->rule, alert);
    }
  }
}

// Each rota goes on by itself; one acknowledgement ends all.
void AlertEngine::tick_escalations(Timestamp now) {
  for (auto& [id, alert] : active_) {
    const Compiled* const rule = rule_of(alert.rule);
    if (alert.state != AlertState::Open || rule == nullptr) continue;
    Called called;
    for (AlertCall& each : alert.calls) {
      if (!each.escalates || *each.escalates > now) continue;
      ++each.level;
      call(rule->rule, each, AlertNews::Escalated, called);
      dirty_.insert(id);
      events_.emplace_back("alert.escalated", id);
    }
    tell(rule->rule, alert, AlertNews::Escalated, called);
  }
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

}  // namespace warder::manager
