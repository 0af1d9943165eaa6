#include "agent/ips_report.h"

#include <algorithm>

#include "agent/event_text.h"
#include "base/text.h"

namespace warder::agent {
namespace {

constexpr std::int64_t kBurstSeconds = 10;  // so many seconds' events may come at once
constexpr std::chrono::seconds kTellInterval{10};

std::string_view protocol_name(const ips::Alert& alert) {
  switch (alert.transport) {
    case packet::Transport::Tcp:
      return "tcp";
    case packet::Transport::Udp:
      return "udp";
    case packet::Transport::Icmp:
      return "icmp";
    case packet::Transport::Icmp6:
      return "icmpv6";
    case packet::Transport::Sctp:
      return "sctp";
    case packet::Transport::Igmp:
      return "igmp";
    case packet::Transport::Esp:
      return "esp";
    case packet::Transport::None:
      break;
  }
  return {};
}

/// Priorities of the rule language: 1 is the most urgent. "signature_severity" of a rule's metadata is more precise.
Severity severity_of(const ips::Rule& rule) {
  for (const auto& [key, value] : rule.metadata) {
    if (key != "signature_severity") continue;
    if (equals_ignoring_case(value, "Critical")) return Severity::Critical;
    if (equals_ignoring_case(value, "Major")) return Severity::High;
    if (equals_ignoring_case(value, "Minor")) return Severity::Medium;
    if (equals_ignoring_case(value, "Informational")) return Severity::Low;
  }
  if (rule.priority <= 1) return Severity::High;
  return rule.priority == 2 ? Severity::Medium : Severity::Low;
}

std::string references_of(const ips::Rule& rule) {
  std::string all;
  for (const auto& [kind, value] : rule.references) {
    if (!all.empty()) all += ", ";
    all += equals_ignoring_case(kind, "cve") && !value.starts_with("CVE-") ? "CVE-" + value : kind + ":" + value;
  }
  return all;
}

}  // namespace

Event make_ips_event(const IpsAlert& seen) {
  const ips::Alert& alert = seen.alert;
  const ips::Rule& rule = *alert.rule;
  Event event;
  event.module = ModuleKind::Ips;
  event.type = alert.is_blocked ? "ips.rule.blocked" : "ips.rule.matched";
  event.severity = severity_of(rule);
  event.action = alert.is_blocked ? Action::Blocked : Action::Logged;
  event.rule = key_of(rule).text();
  set_event_text(event, "rule.description", rule.message);
  event.set("rule.revision", std::int64_t{rule.rev});
  set_event_text(event, "rule.groups", rule.classtype);
  set_event_text(event, "rule.references", references_of(rule));
  const auto standing = seen.policy->standings.find(key_of(rule));
  if (standing != seen.policy->standings.end()) {
    set_event_text(event, "content.pack", seen.policy->packs[standing->second.pack].name);
    if (!alert.is_blocked && standing->second.would_block) event.set("rule.would_block", true);
  }
  event.set("source.ip", alert.source.text());
  event.set("destination.ip", alert.destination.text());
  if (alert.source_port != 0) event.set("source.port", std::int64_t{alert.source_port});
  if (alert.destination_port != 0) event.set("destination.port", std::int64_t{alert.destination_port});
  set_event_text(event, "network.protocol", protocol_name(alert));
  if (alert.app != ips::app::Protocol::Unknown) set_event_text(event, "network.application", ips::app::name(alert.app));
  if (alert.flow != 0) event.set("network.flow", static_cast<std::int64_t>(alert.flow));
  return event;
}

Event make_ips_notice(std::string type, Severity severity, std::string_view reason, std::uint64_t count) {
  Event event;
  event.module = ModuleKind::Ips;
  event.type = std::move(type);
  event.severity = severity;
  set_event_text(event, "reason", reason);
  if (count > 0) event.set("count", static_cast<std::int64_t>(count));
  return event;
}

bool IpsReport::may_send(std::int64_t rate, SteadyTime now) {
  const auto most = static_cast<double>(rate * kBurstSeconds);
  if (tokens_ < 0) {
    tokens_ = most;
  } else {
    tokens_ += std::chrono::duration<double>(now - refilled_).count() * static_cast<double>(rate);
  }
  tokens_ = std::min(tokens_, most);
  refilled_ = now;
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

void IpsReport::add(const IpsAlert& seen, SteadyTime now, IpsRollout& rollout) {
  const ips::Alert& alert = seen.alert;
  const RuleKey rule = key_of(*alert.rule);
  rollout.count(rule, alert.is_blocked);
  const auto standing = seen.policy->standings.find(rule);
  if (standing != seen.policy->standings.end() && standing->second.stage == RuleStage::Shadow) {
    ++shadowed_;
    return;
  }
  const std::chrono::seconds fold(seen.policy->settings.fold_s);
  const Key key{rule, alert.source, alert.destination, alert.is_blocked};
  const auto known = folds_.find(key);
  if (known != folds_.end() && now < known->second.until) {
    ++folded_;
    ++known->second.count;
    known->second.last = make_ips_event(seen);
    return;
  }
  if (!may_send(seen.policy->settings.max_events_per_s, now)) {
    ++suppressed_;
    ++untold_;
    return;
  }
  ready_.push_back(make_ips_event(seen));
  if (fold.count() > 0 && folds_.size() < kMaxFolds) folds_[key] = {now + fold, 0, {}};
}

void IpsReport::end_folds(SteadyTime now) {
  for (auto at = folds_.begin(); at != folds_.end();) {
    Fold& fold = at->second;
    if (now < fold.until) {
      ++at;
      continue;
    }
    if (fold.count > 0) {
      fold.last.set("count", static_cast<std::int64_t>(fold.count));
      ready_.push_back(std::move(fold.last));
    }
    at = folds_.erase(at);
  }
}

std::vector<Event> IpsReport::take(SteadyTime now) {
  end_folds(now);
  if (untold_ > 0 && now - told_ >= kTellInterval) {
    told_ = now;
    ready_.push_back(make_ips_notice("ips.events.suppressed", Severity::Medium, {}, std::exchange(untold_, 0)));
  }
  return std::exchange(ready_, {});
}

}  // namespace warder::agent
