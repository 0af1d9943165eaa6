#pragma once

#include "manager/api/router.h"
#include "manager/events/event_store.h"
#include "manager/fleet/agents.h"

namespace warder::manager {

/// listAgentChanges. Both outlive the routes.
void add_change_routes(Routes& routes, Agents& agents, EventStore& events);

}  // namespace warder::manager
