// Text of events, made fit for a form.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/json.h"

namespace warder::formats {

/// Which control characters stay as they are; the others are told as `\xNN`.
enum class Keep { LineEnds, Nothing };

/// Valid UTF-8 without control characters but those to keep (Keep::LineEnds: LF, CR and TAB).
std::string visible(std::string_view bytes, Keep keep);

/// Valid UTF-8 of at most `max_bytes`; JSON escapes the rest. Says in `is_cut` when it is less than there was.
json::string json_text(std::string_view bytes, std::size_t max_bytes, bool& is_cut);

}  // namespace warder::formats
