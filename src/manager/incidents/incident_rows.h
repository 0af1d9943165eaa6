// An incident as a row.
#pragma once

#include "manager/incidents/incidents.h"
#include "manager/store/db.h"

namespace warder::manager {

inline constexpr std::string_view kIncidentColumns =
    "id, number, title, description, impact, urgency, severity, state, declared_by, assignee, roles, occurred, "
    "declared, "
    "told, acknowledged, contained, closed, root_cause, corrective_action, plan_review, plan_reviewed_by, "
    "plan_reviewed, "
    "breach_aware, breach_notified, delay_reason, skill, level, version";

Result<Incident> read_incident(const Row& row);
/// A new one, or the one of this id as it is now.
Result<void> write_incident(Db& db, const Incident& incident);
/// NotFound.
Result<Incident> find_incident(Db& db, const IncidentId& id);

}  // namespace warder::manager
