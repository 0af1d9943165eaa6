#pragma once

#include <filesystem>

#include "host/clock.h"
#include "manager/api/router.h"

namespace warder::manager {

/// testLogRules. `packs` is the folder of the rule packs that come with the program.
void add_log_routes(Routes& routes, const host::Clock& clock, std::filesystem::path packs);

}  // namespace warder::manager
