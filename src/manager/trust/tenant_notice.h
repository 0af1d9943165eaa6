// The Data Collection Notice of one tenant: what is declared, and what the tenant has chosen of it.
#pragma once

#include <boost/json/fwd.hpp>

#include "manager/events/retention.h"
#include "manager/privacy/collection_rules.h"
#include "manager/trust/notice.h"

namespace warder::manager {

/// The notice with "treatment" of each field of an event (keep, pseudonym, off), and with "kept_days" of each module
/// that tells events.
boost::json::object tenant_notice(boost::json::object notice, const CollectionRules& rules,
                                  const EventRetention& retention);

}  // namespace warder::manager
