#include "manager/review_jobs.h"

namespace warder::manager {

Roster fleet_roster(Agents& agents) {
  return [&agents](const TenantScope& scope) -> Result<std::vector<RosterEntry>> {
    std::vector<RosterEntry> roster;
    PageRequest request{1000, ""};
    for (bool is_more = true; is_more;) {
      auto page = WD_TRY(agents.list(scope, {}, request));
      for (Agent& agent : page.items) roster.push_back({agent.id, std::move(agent.hostname), agent.enrolled});
      is_more = page.next_cursor.has_value();
      request.cursor = page.next_cursor.value_or("");
    }
    return roster;
  };
}

void ReviewJobs::keep_up() {
  const Timestamp now = installation_.clock.now();
  for (const Tenant& tenant : installation_.tenants->list()) {
    Timestamp& next = next_[tenant.id];
    if (now < next) continue;
    next = now + kPause;
    const auto scope = installation_.scopes.make(tenant.id, "job:review");
    const auto done = scope ? reviews_.keep_up(*scope) : Result<void>{fail(scope.error())};
    if (!done) log_.warning("review.failed", done.error().message, {{"tenant", tenant.name}});
  }
}

}  // namespace warder::manager
