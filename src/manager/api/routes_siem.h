// Where events are sent to.
#pragma once

#include "manager/api/router.h"
#include "manager/siem/destinations.h"
#include "manager/siem/forwarder.h"

namespace warder::manager {

void add_siem_routes(Routes& routes, Destinations& destinations, EventStore& events, Forwarder& forwarder);

}  // namespace warder::manager
