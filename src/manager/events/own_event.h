// What the manager itself has to tell: the beginning of an event of its own, to be filled and given to
// EventStore::record.
#pragma once

#include <string_view>

#include "base/time.h"
#include "model/event.h"

namespace warder::manager {

/// An event of the manager at `now`, with a new id. `type` is a message id.
Event make_own_event(Timestamp now, std::string_view type, Severity severity);

}  // namespace warder::manager
