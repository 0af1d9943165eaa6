#include "manager/rollout_jobs.h"

#include "manager/events/own_event.h"

namespace warder::manager {

void keep_up_rollouts(Installation& installation, Log& log) {
  for (const Tenant& tenant : installation.tenants->list()) {
    const auto scope = installation.scopes.make(tenant.id, "job:rollouts");
    const auto done = scope ? installation.rollouts.keep_up(*scope) : Result<void>{fail(scope.error())};
    if (!done) log.warning("rollouts.failed", done.error().message, {{"tenant", tenant.name}});
  }
}

void tell_of_rollout(Installation& installation, EventStore& events, Log& log, const TenantScope& scope,
                     const RolloutNews& news) {
  const bool is_failure = news.rollout.state == RolloutState::BackedOut;
  Event event = make_own_event(installation.clock.now(), news.type, is_failure ? Severity::High : Severity::Info);
  event.action = is_failure ? Action::Failed : Action::Logged;
  event.set("policy.id", news.rollout.policy.text());
  event.set("policy.name", news.policy_name);
  if (is_failure) event.set("error", news.rollout.reason);
  if (const auto stored = events.record(scope, std::move(event)); !stored)
    log.error("rollouts.event.lost", stored.error().message);
}

}  // namespace warder::manager
