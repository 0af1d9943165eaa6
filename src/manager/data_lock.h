// Who uses a manager's data directory: those that serve it, or one that replaces something in it.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/file.h"
#include "base/result.h"

namespace warder::manager {

enum class DataUse : std::uint8_t { Serve, Replace };

/// Held until the descriptor is closed, also by the end of the process. Conflict while somebody else's use stands
/// against it. Serve: also Conflict after a restore of a tenant that was interrupted.
Result<UniqueFd> hold_data(const std::filesystem::path& directory, DataUse use);

}  // namespace warder::manager
