// warder-manager keys: what must be possible while nobody serves.
#pragma once

#include <string>

#include "base/result.h"
#include "manager/config.h"

namespace warder::manager {

/// Prints all keys with their epochs, one a line.
Result<void> list_keys(const Config& config);
/// `level`: "root", "tenant" or a class. `owner`: a tenant's name or id, or "control"; empty for the root key.
Result<void> rotate_keys(const Config& config, const std::string& level, const std::string& owner);

}  // namespace warder::manager
