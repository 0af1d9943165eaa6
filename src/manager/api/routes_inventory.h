#pragma once

#include <vector>

#include "engines/inventory/recommend.h"
#include "manager/api/router.h"
#include "manager/fleet/agents.h"
#include "manager/fleet/inventory_store.h"

namespace warder::manager {

/// getAgentInventory, listAgentInventory, searchInventory, listInventoryVersions, listAgentRecommendations. All three
/// outlive the routes.
void add_inventory_routes(Routes& routes, Agents& agents, InventoryStore& store,
                          const std::vector<inventory::Offer>& offers);

}  // namespace warder::manager
