// The patterns of the filter language: `*` any run of characters, `?` one character, ASCII letters in either case.
// A pattern without wildcards matches anywhere in the text.
#pragma once

#include <string>
#include <string_view>

namespace warder::manager {

[[nodiscard]] bool matches_pattern(std::string_view pattern, std::string_view text) noexcept;

/// The same as an operand of SQL's LIKE with ESCAPE '\'.
[[nodiscard]] std::string like_operand(std::string_view pattern);

}  // namespace warder::manager
