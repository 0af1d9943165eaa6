// The gate by fanotify(7): a group of permission events on whole file systems.
#pragma once

#include <memory>

#include "host/file_gate.h"

namespace warder::host {

/// Needs CAP_SYS_ADMIN. Unavailable where the kernel has no permission events.
Result<std::unique_ptr<FileGate>> make_permission_group();

}  // namespace warder::host
