#include "manager/events/audit_alarm.h"

#include "manager/events/own_event.h"

namespace warder::manager {
namespace {

constexpr std::string_view kBroken = "audit.broken";

void record(const AuditAlarmParts& parts, const TenantScope& scope, const std::string& tenant,
            const AuditFinding& finding) {
  Event event = make_own_event(parts.clock.now(), kBroken, Severity::Critical);
  event.set("tenant.name", tenant);
  event.set("audit.entry", finding.entry);
  event.set("error", finding.detail);
  const auto stored = parts.events.record(scope, std::move(event));
  if (!stored) parts.log.error("audit.event.lost", stored.error().message, {{"tenant", scope.tenant().text()}});
}

}  // namespace

void tell_broken_audit(const AuditAlarmParts& parts, const TenantScope& scope, const AuditFinding& finding) {
  const auto tenant = parts.tenants.find(scope.tenant());
  const std::string name = tenant ? tenant->name : scope.tenant().text();
  parts.log.error(kBroken, finding.detail, {{"tenant", name}, {"entry", std::to_string(finding.entry)}});
  record(parts, scope, name, finding);
  const auto first = parts.tenants.find_by_name(kFirstTenant);
  if (!first || first->id == scope.tenant()) return;
  if (const auto of_first = parts.scopes.make(first->id, scope.actor())) record(parts, *of_first, name, finding);
}

}  // namespace warder::manager
