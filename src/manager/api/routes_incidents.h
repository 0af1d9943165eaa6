// Incidents, their evidence and breaches of personal data.
#pragma once

#include "manager/api/router.h"
#include "manager/fleet/agents.h"
#include "manager/fleet/commands.h"
#include "manager/identity/approvals.h"
#include "manager/incidents/affected_tenants.h"
#include "manager/incidents/evidence_store.h"
#include "manager/provisioning/provisioning.h"

namespace warder::manager {

struct IncidentParts {
  Incidents& incidents;
  EvidenceStore& evidence;
  BreachNotices& notices;
  EventStore& events;
  Agents& agents;
  Commands& commands;
  Approvals& approvals;
  AuditLog& audit;
  Tenants& tenants;
  Provisioning& provisioning;
  const Messages& messages;
  const host::Clock& clock;
};

void add_incident_routes(Routes& routes, const IncidentParts& parts);
/// Of their evidence and of breaches.
void add_evidence_routes(Routes& routes, const IncidentParts& parts);

}  // namespace warder::manager
