// The running manager: listeners and background work on top of an installation.
#pragma once

#include "base/log.h"
#include "base/result.h"
#include "manager/installation.h"

namespace warder::manager {

/// Serves until SIGTERM or SIGINT. The caller has blocked these signals before any thread was started.
Result<void> serve(Installation& installation, Log& log);

}  // namespace warder::manager
