// Text of events, made fit for a form.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace warder::formats {

/// Which control characters stay as they are; the others are told as `\xNN`.
enum class Keep { LineEnds, Nothing };

/// Valid UTF-8 without control characters but those to keep (Keep::LineEnds: LF, CR and TAB).
std::string visible(std::string_view bytes, Keep keep);

}  // namespace warder::formats
