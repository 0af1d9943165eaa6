// Listening sockets from the kernel by sock_diag(7), which lists only those in the wanted state: a host with a million
// connections answers as fast as an idle one.
#pragma once

#include <vector>

#include "base/result.h"
#include "host/sockets.h"

namespace warder::host {

/// Of this process's network namespace, without the processes. Forbidden or Unavailable where netlink is refused.
Result<std::vector<ListeningSocket>> dump_listening_sockets();

}  // namespace warder::host
