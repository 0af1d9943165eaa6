#include "manager/incidents/affected_tenants.h"

#include "base/json.h"
#include "manager/tenancy/scope_maker.h"

namespace warder::manager {
namespace {

/// The operator, as a tenant's own log names them.
std::string actor_there(const TenantScope& scope, const TenantId& tenant) {
  const std::string& actor = scope.actor();
  const bool is_own = tenant == scope.tenant();
  return !is_own && actor.starts_with("user:") ? "operator:" + actor.substr(5) : actor;
}

Result<Affected> count_one(const AffectedParts& parts, const TenantScope& scope, const Incident& incident,
                           const AffectedScope& asked) {
  const json::object detail = {{"incident", incident.id.text()},
                               {"number", incident.number},
                               {"from", to_rfc3339(asked.from)},
                               {"to", to_rfc3339(asked.to)}};
  WD_TRY(parts.audit.append(scope, "breach.count", "incident:" + incident.id.text(), AuditOutcome::Success, detail));
  return count_affected(parts.events, scope, asked);
}

void add(AffectedTenants& all, TenantAffected tenant) {
  if (tenant.counted.with_personal_data > 0) ++all.affected;
  all.records += tenant.counted.with_personal_data;
  all.persons += tenant.counted.persons;
  all.is_complete = all.is_complete && tenant.error.empty() && tenant.counted.is_complete;
  all.tenants.push_back(std::move(tenant));
}

}  // namespace

Result<AffectedTenants> count_affected_tenants(const AffectedParts& parts, const TenantScope& scope,
                                               const Incident& incident, const AffectedScope& asked) {
  if (asked.from >= asked.to) return fail(ErrorCode::Invalid, "/from: is not before `to`");
  const AffectedScope whole{{}, asked.from, asked.to};
  const ScopeMaker scopes{parts.tenants};
  AffectedTenants all;
  std::size_t seen = 0;
  for (const Tenant& tenant : parts.tenants.list()) {
    TenantAffected each{tenant.id, tenant.name, {}, {}};
    if (seen >= kMaxCountedInAll) {
      each.error = "not counted: there are too many events in the tenants before it";
      add(all, std::move(each));
      continue;
    }
    const auto there = scopes.make(tenant.id, actor_there(scope, tenant.id));
    auto counted = there ? count_one(parts, *there, incident, whole) : Result<Affected>{fail(there.error())};
    if (counted) {
      seen += static_cast<std::size_t>(counted->events);
      each.counted = std::move(*counted);
    } else {
      each.error = counted.error().message;
    }
    add(all, std::move(each));
  }
  return all;
}

}  // namespace warder::manager
