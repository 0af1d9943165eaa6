// ArcSight Common Event Format, version 0 ("Implementing ArcSight Common Event Format (CEF)", version 26).
//
// In the header `\` and `|` are escaped, in values `\`, `=`, LF and CR; other control characters are told as `\xNN`.
#pragma once

#include <string>

#include "formats/format.h"

namespace warder::formats {

std::string render_cef(const OutgoingEvent& event, const RenderOptions& options);

}  // namespace warder::formats
