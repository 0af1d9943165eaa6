#pragma once

#include <functional>

#include "manager/api/router.h"
#include "manager/audit/audit_log.h"
#include "manager/events/event_feed.h"
#include "manager/events/event_store.h"
#include "model/messages.h"

namespace warder::manager {

/// listEventFields, listEvents, getEventFacets, getEventHistogram, tailEvents, exportEvents, getEvent. Live tails and
/// exports run on threads that end with `routes`.
void add_event_routes(Routes& routes, EventStore& events, EventFeed& feed, const Messages& messages);

/// Told of each verification that somebody asked for.
using VerifiedAudit = std::function<void(const TenantScope&, const AuditVerification&)>;
/// listAudit, getAuditEntry, verifyAudit, exportAudit, and those of keys, checkpoints and proofs.
void add_audit_routes(Routes& routes, AuditLog& audit, const VerifiedAudit& verified = {});

}  // namespace warder::manager
