// What the monitor does about entities that are no files: users, ports, packages … are listed in an interval and
// compared with the list that is kept beside the baseline of files.
#include "agent/integrity_monitor.h"

namespace warder::agent {

// On the scanning thread. A kind that cannot be known here is left out, which is logged.
Result<bool> IntegrityMonitor::take_lists() {
  FinishedLists taken;
  {
    const auto now = context_.clock.steady_now();
    const std::lock_guard lock(mutex_);
    if (ports_.facts == nullptr || !policy_ || !policy_->policy.enabled || (next_lists_ && now < *next_lists_))
      return false;
    next_lists_ = now + std::chrono::seconds(policy_->policy.entity_interval_s);
    taken.policy = policy_;
  }
  const auto today = std::chrono::floor<std::chrono::days>(context_.clock.now()).time_since_epoch().count();
  for (const integrity::SetKind kind : kinds_of_things(taken.policy->scope.rules())) {
    auto things = take_things(kind, *ports_.facts, today);
    if (things) {
      taken.lists.emplace(kind, std::move(*things));
    } else {
      context_.log.warning("integrity.entities.unavailable", things.error().message,
                           {{"kind", std::string(name(kind))}});
    }
  }
  if (taken.lists.empty()) return false;
  const std::lock_guard lock(mutex_);
  finished_lists_.push_back(std::move(taken));
  work_.notify_all();
  return true;
}

Result<bool> IntegrityMonitor::finish_lists() {
  FinishedLists taken;
  {
    const std::lock_guard lock(mutex_);
    if (finished_lists_.empty()) return false;
    taken = std::move(finished_lists_.front());
    finished_lists_.pop_front();
  }
  for (const auto& [kind, things] : taken.lists) WD_TRY(compare_list(*taken.policy, kind, things));
  return true;
}

// The first list of a kind becomes its baseline without an event. After a crash between the two steps the same changes
// are told once more.
Result<void> IntegrityMonitor::compare_list(const integrity::Compiled& policy, integrity::SetKind kind,
                                            const std::vector<integrity::Thing>& now) {
  const std::string list(name(kind));
  const std::string stored = WD_TRY(baseline_.list(list));
  const std::string text = encode_things(now);
  if (stored == text) return {};
  if (!stored.empty()) {
    std::vector<IntegrityReport> reports;
    const auto was = WD_TRY(integrity::decode_things(stored));
    compare_things(kind, policy.scope.rules(), was, now, [&](const integrity::ThingChange& change) {
      reports.push_back({make_entity_event(change), {}});
    });
    note("events", reports.size());
    WD_TRY(reporter_.send(std::move(reports), {}));
  }
  return baseline_.set_list(list, text);
}

}  // namespace warder::agent
