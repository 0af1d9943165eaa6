// Rules that came with the product: found, and which policies use them.
#pragma once

#include <filesystem>

#include "manager/api/router.h"
#include "manager/policies/policies.h"

namespace warder::manager {

/// The policies outlive the routes.
void add_rule_routes(Routes& routes, Policies& policies, std::filesystem::path share);

}  // namespace warder::manager
