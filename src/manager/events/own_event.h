// What the manager itself has to tell: the beginning of an event of its own, to be filled and given to
// EventStore::record.
#pragma once

#include <string_view>

#include "base/time.h"
#include "model/event.h"

namespace warder::manager {

/// An event of the manager at `now`, with a new id. `type` is a message id.
Event make_own_event(Timestamp now, std::string_view type, Severity severity);

/// The id of an event that is told by whoever notices it and as often as that is: the same for the same time and the
/// same `about`, so that the event store takes it once. `about` says what it is and of what, in the words of its type.
EventId repeatable_id(Timestamp time, std::string_view about);

}  // namespace warder::manager
