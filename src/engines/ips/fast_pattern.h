// Which content of a rule finds its candidates: long, rare, and not negated.
#pragma once

#include <optional>

#include "engines/ips/pattern_set.h"
#include "engines/ips/rule.h"

namespace warder::ips {

/// The best literal of a part; nothing when it has none that must be there.
std::optional<Literal> choose_pattern(const BufferPart& part);

/// No pattern is longer.
inline constexpr std::size_t kLongestPattern = 32;

struct ChosenPart {
  std::size_t part;
  Literal literal;
};
/// The best of all parts in application buffers.
std::optional<ChosenPart> choose_part(const Rule& rule);

}  // namespace warder::ips
