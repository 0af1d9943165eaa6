// Saved searches.
#pragma once

#include "manager/api/router.h"
#include "manager/search/saved_searches.h"

namespace warder::manager {

/// The parts outlive the routes.
void add_search_routes(Routes& routes, SavedSearches& searches);

}  // namespace warder::manager
