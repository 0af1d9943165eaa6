// The dashboard of whoever asks.
#pragma once

#include "manager/api/router.h"
#include "manager/search/dashboards.h"

namespace warder::manager {

/// The parts outlive the routes.
void add_dashboard_routes(Routes& routes, Dashboards& dashboards);

}  // namespace warder::manager
