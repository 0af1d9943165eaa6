// All groups of somebody in a directory whose groups may hold groups, and each other in a ring.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace warder::manager {

/// The distinguished names of the groups that hold this one directly.
using GroupsAbove = std::function<Result<std::vector<std::string>>(const std::string& dn)>;

/// Every group above `dn`, directly or through others, each once, in its normal spelling (normal_dn). TooLarge when
/// there are more than `max_groups`; fails as soon as `above` does: some of the groups would be no answer.
Result<std::vector<std::string>> walk_groups(const std::string& dn, const GroupsAbove& above, std::size_t max_groups);

}  // namespace warder::manager
