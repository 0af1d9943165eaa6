// The alarm about an audit log that was touched.
#pragma once

#include "base/log.h"
#include "manager/audit/audit_keeper.h"
#include "manager/events/event_store.h"

namespace warder::manager {

struct AuditAlarmParts {
  Tenants& tenants;
  const ScopeMaker& scopes;
  EventStore& events;
  const host::Clock& clock;
  Log& log;
};

/// A critical event `audit.broken` in the tenant and, for those who run the manager, in the first one; both are logged
/// whether they can be stored or not.
void tell_broken_audit(const AuditAlarmParts& parts, const TenantScope& scope, const AuditFinding& finding);

}  // namespace warder::manager
