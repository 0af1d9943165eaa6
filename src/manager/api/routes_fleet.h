#pragma once

#include "manager/api/router.h"
#include "manager/events/event_store.h"
#include "manager/fleet/agents.h"
#include "manager/fleet/commands.h"
#include "manager/fleet/enrolment.h"
#include "manager/fleet/groups.h"
#include "manager/fleet/smart_groups.h"

namespace warder::manager {

class Approvals;

/// listAgents … deleteAgent, getFleetSummary, createMaintenanceToken.
void add_agent_routes(Routes& routes, Agents& agents, SmartGroups& groups, Enrolment& enrolment, EventStore& events,
                      const host::Clock& clock);
/// createCommand, listCommands. Without `approvals` no command takes one.
void add_command_routes(Routes& routes, Commands& commands, Approvals* approvals);
/// listGroups … deleteGroup.
void add_group_routes(Routes& routes, Groups& groups);
/// listSmartGroups … deleteSmartGroup, listHostFields.
void add_smart_group_routes(Routes& routes, SmartGroups& groups, Agents& agents);
/// listEnrolTokens, createEnrolToken, revokeEnrolToken.
void add_enrolment_routes(Routes& routes, Enrolment& enrolment);

/// All of the above.
struct FleetParts {
  Agents& agents;
  Groups& groups;
  SmartGroups& smart_groups;
  Commands& commands;
  Enrolment& enrolment;
  EventStore& events;
  const host::Clock& clock;
  Approvals* approvals = nullptr;
};
void add_fleet_routes(Routes& routes, const FleetParts& parts);

}  // namespace warder::manager
