// Rules that came with the product: found, and which policies use them.
#pragma once

#include <filesystem>

#include "manager/api/router.h"
#include "manager/fleet/agents.h"
#include "manager/policies/policies.h"

namespace warder::manager {

/// The policies and the agents outlive the routes.
void add_rule_routes(Routes& routes, Policies& policies, Agents& agents, std::filesystem::path share);

}  // namespace warder::manager
