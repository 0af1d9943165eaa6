// An event as one JSON object with the names that Deep Security gives to events that it sends to Amazon SNS.
#pragma once

#include <string>

#include "formats/format.h"

namespace warder::formats {

/// With the event's own id as UniqueID, and its type and rule under names of our own.
std::string render_deep_security_json(const OutgoingEvent& event, const RenderOptions& options);

}  // namespace warder::formats
