// An event as one JSON object, as the REST API has it, with its tenant.
#pragma once

#include <string>

#include "formats/format.h"

namespace warder::formats {

std::string render_json(const OutgoingEvent& event, const RenderOptions& options);

}  // namespace warder::formats
