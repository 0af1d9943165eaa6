// A place in a list of events, as text that only the list it came from takes back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "manager/events/event_query.h"

namespace warder::manager {

struct EventCursor {
  Timestamp time;
  EventId id;
  std::int64_t rank = 0;  // of use in a list by rank
};

/// base64url(rank | time | id | MAC), the MAC covering the selection as well.
std::string write_cursor(ByteView key, const EventSelection& selection, const EventCursor& cursor);
/// Invalid "cursor-mismatch: …" when key or selection are not those it was written with.
Result<EventCursor> read_cursor(ByteView key, const EventSelection& selection, std::string_view text);

}  // namespace warder::manager
