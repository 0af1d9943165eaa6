// Whether a change of a policy needs the word of a second person.
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <span>

#include "manager/api/router.h"
#include "manager/policies/policies.h"

namespace warder::manager {

class Approvals;

/// What intrusion prevention is told by these layers together.
boost::json::object ips_of(std::span<const PolicyLayer> layers);

/// Where `parent` or `document` let intrusion prevention block more than before: uses the approval that the request
/// names as approval_id, or is Forbidden when it names none. `approvals` null: nobody need approve.
Result<void> ask_block_approval(const ApiRequest& request, Policies& policies, Approvals* approvals, const PolicyId& id,
                                const std::optional<std::optional<PolicyId>>& parent,
                                const std::optional<boost::json::object>& document);

}  // namespace warder::manager
