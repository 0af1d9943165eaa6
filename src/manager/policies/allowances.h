// What a person allowed after it had happened, written into the policy for the next time.
#pragma once

#include <string>

#include "base/result.h"
#include "manager/policies/policies.h"

namespace warder::manager {

/// Adds a line to the allowances of integrity monitoring that are in force for this policy; nothing when it is there.
/// Where they were inherited they become its own. Invalid when the line is none or there are too many.
Result<void> add_allowance(Policies& policies, const TenantScope& scope, const PolicyId& id, const std::string& line);

}  // namespace warder::manager
