// What the API says of incidents.
#pragma once

#include "base/json.h"
#include "manager/api/router.h"
#include "manager/incidents/affected_tenants.h"
#include "manager/incidents/breach_notice.h"
#include "manager/incidents/evidence_store.h"

namespace warder::manager {

inline Result<IncidentId> incident_id(const ApiRequest& request) {
  return parse_id<IncidentId>(request.path_parameter("id")).in("id");
}

json::object incident_json(const Incident& incident, Timestamp now);
json::object timeline_json(const TimelineEntry& entry);
json::object task_json(const IncidentTask& task);
json::object link_json(const IncidentLink& link);
json::object times_json(Severity severity, const IncidentTimes& times);
json::object evidence_json(const EvidenceItem& item);
json::object custody_json(const CustodyEntry& entry);
json::object affected_json(const Affected& affected);
json::object affected_tenants_json(const AffectedTenants& all);

}  // namespace warder::manager
