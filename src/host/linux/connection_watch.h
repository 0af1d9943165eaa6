// Connections from conntrack (linux/netfilter/nfnetlink_conntrack.h).
#pragma once

#include "host/connection_watch.h"

namespace warder::host {

/// Needs CAP_NET_ADMIN.
Result<std::unique_ptr<ConnectionWatch>> open_connection_watch();

}  // namespace warder::host
