#include "manager/provisioning/tenant_jobs.h"

#include "manager/events/own_event.h"

namespace warder::manager {

void TenantJobs::keep_up() {
  const auto done = tenants_.refresh();
  if (!done) log_.warning("tenants.refresh.failed", done.error().message);
}

Result<void> TenantJobs::warn(const TenantScope& scope, const Tenant& tenant, std::int64_t events) {
  Event event = make_own_event(clock_.now(), "tenant.limit.events", Severity::Medium);
  event.action = Action::Logged;
  event.set("tenant.name", tenant.name);
  event.set("count", events);
  event.set("limit", *tenant.terms.max_events_per_day);
  return events_.record(scope, std::move(event));
}

Result<void> TenantJobs::look_at(const Tenant& tenant, const TenantScope& first) {
  const TenantScope scope = WD_TRY(scopes_.make(tenant.id, "job:usage"));
  const TenantUsage usage = WD_TRY(usage_.sample(scope));
  const auto& limit = tenant.terms.max_events_per_day;
  if (!limit || usage.events <= *limit || !WD_TRY(usage_.take_warning(scope, usage.day))) return {};
  WD_TRY(warn(scope, tenant, usage.events));
  return scope.tenant() == first.tenant() ? Result<void>{} : warn(first, tenant, usage.events);
}

void TenantJobs::run() {
  const auto primary = tenants_.find_by_name(kFirstTenant);
  const auto first = primary ? scopes_.make(primary->id, "job:tenants") : Result<TenantScope>{fail(primary.error())};
  if (!first) return log_.error("tenants.jobs.failed", first.error().message);
  for (const Tenant& tenant : tenants_.list()) {
    const auto done = look_at(tenant, *first);
    if (!done) log_.warning("tenants.usage.failed", done.error().message, {{"tenant", tenant.name}});
  }
  const auto erased = provisioning_.erase_due(*first);
  if (!erased) return log_.error("tenants.erase.failed", erased.error().message);
  for (const Tenant& tenant : *erased)
    log_.info("tenants.erased", "a tenant's keys and data are gone", {{"tenant", tenant.id.text()}});
}

}  // namespace warder::manager
