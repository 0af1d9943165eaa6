// From a host's facts to inventory items: which facts are kept, under which key, and which are left out because they
// change all the time or say too much about a person.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engines/inventory/snapshot.h"
#include "host/facts.h"

namespace warder::inventory {

struct CollectOptions {
  std::set<Kind> kinds;  // empty: all
  host::SoftwareSearch software;
  /// UDP sockets of programs on ports from here to `last` are answers to their own questions, not services
  /// (ip_local_port_range); 0: none are left out.
  std::uint16_t first_ephemeral_port = 32'768;
  std::uint16_t last_ephemeral_port = 60'999;
};

/// Reads what is asked for. A kind that the host cannot tell is absent, and why stands in `failures`.
struct Collected {
  Snapshot snapshot;
  std::vector<std::string> failures;  // "sockets: …"
};
Collected collect(host::HostFacts& facts, const CollectOptions& options);

}  // namespace warder::inventory
