// IBM Log Event Extended Format 2.0 (QRadar: "LEEF event components"), with a tab between attributes.
//
// There is no way to escape: line ends and tabs in values become spaces, `|` in the header `_`.
#pragma once

#include <string>

#include "formats/format.h"

namespace warder::formats {

std::string render_leef(const OutgoingEvent& event, const RenderOptions& options);

}  // namespace warder::formats
