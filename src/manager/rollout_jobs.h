// Keeps the roll-outs of every tenant going, and makes events of what becomes of them.
#pragma once

#include "base/log.h"
#include "manager/events/event_store.h"
#include "manager/installation.h"

namespace warder::manager {

/// In every tenant; cheap where nothing is rolled out.
void keep_up_rollouts(Installation& installation, Log& log);
void tell_of_rollout(Installation& installation, EventStore& events, Log& log, const TenantScope& scope,
                     const RolloutNews& news);

}  // namespace warder::manager
