// One worker at a time on a module's state: two would report everything twice.
#pragma once

#include <filesystem>

#include "base/file.h"
#include "base/result.h"

namespace warder::agent {

/// Held until the descriptor is closed; Conflict while another process holds it.
Result<UniqueFd> lock_state(const std::filesystem::path& directory);

}  // namespace warder::agent
