#pragma once

#include <optional>
#include <string>

#include "manager/api/router.h"
#include "manager/audit/audit_log.h"
#include "manager/events/event_store.h"
#include "manager/fleet/agents.h"
#include "manager/policies/policies.h"
#include "model/messages.h"

namespace warder::manager {

struct ExplainParts {
  EventStore& events;
  Agents& agents;
  Policies& policies;
  AuditLog& audit;
  const Messages& messages;
};
/// createEventExplanation.
void add_explain_routes(Routes& routes, const ExplainParts& parts);

/// The allowance under which the change of this event is no alarm another time: this content there, with this mode and
/// owner. Invalid when the event does not say that, or the path cannot be written down.
Result<std::string> allowance_of(const Event& event, std::string_view who, const std::optional<std::string>& until);

}  // namespace warder::manager
