// An event of the Open Cybersecurity Schema Framework (OCSF) 1.8.0, as JSON. docs/siem-ocsf.md has the table of
// classes.
//
// Each field goes to the attribute that OCSF has for it where its value is one that the attribute takes, and else to
// "unmapped" under its own name. An event that lacks what its class demands is a Base Event: none is invalid.
#pragma once

#include <string>

#include "formats/format.h"

namespace warder::formats {

std::string render_ocsf(const OutgoingEvent& event, const RenderOptions& options);

}  // namespace warder::formats
