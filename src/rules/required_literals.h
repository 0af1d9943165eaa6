// What must stand in a text for a regular expression to match it: the base of a prefilter.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace warder::rules {

/// Lower-case strings of which at least one is in every text that the PCRE2 expression matches, case ignored. The set
/// with the longest shortest string that was found; none when nothing is certain, or less than `min_size` characters.
std::optional<std::vector<std::string>> required_literals(std::string_view expression, std::size_t min_size = 3);

}  // namespace warder::rules
