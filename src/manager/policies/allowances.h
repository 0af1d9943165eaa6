// What a person allowed after it had happened, written into the policy for the next time.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "manager/policies/policies.h"

namespace warder::manager {

/// Adds a line to the allowances of integrity monitoring that are in force for this policy; nothing when it is there.
/// Where they were inherited they become its own. `also` is done in the same transaction. False when it was there, and
/// `also` was not done; Invalid when the line is none or there are too many.
Result<bool> add_allowance(Policies& policies, const TenantScope& scope, const PolicyId& id, const std::string& line,
                           const std::function<Result<void>(Db&)>& also);

}  // namespace warder::manager
