// Whether a change of policy lets more be blocked: such a change needs the tenant's approval.
#pragma once

#include <boost/json/fwd.hpp>

namespace warder::manager {

/// Both are effective sections "ips". True when intrusion prevention begins to block, or when packs, rules or classes
/// may block afterwards that might not before.
bool blocks_more(const boost::json::object& before, const boost::json::object& after);

}  // namespace warder::manager
