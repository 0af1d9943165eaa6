// Tags: words that people and rules put on events. They never change what an event says.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace warder::manager {

inline constexpr std::size_t kMaxTagBytes = 64;
inline constexpr std::size_t kMaxEventTags = 16;  // of an event; what a rule would add beyond is left out

/// 1 to 64 bytes of UTF-8 without spaces at its ends, commas, quotes or control characters; else Invalid.
Result<void> check_tag(std::string_view tag);

/// Adds a tag in its place; false when it is there already or there are too many.
bool add_tag(std::vector<std::string>& tags, std::string_view tag);
bool remove_tag(std::vector<std::string>& tags, std::string_view tag);

/// As the column holds them: a JSON list; empty for none.
std::string tags_text(const std::vector<std::string>& tags);
Result<std::vector<std::string>> read_tags(std::string_view text);

}  // namespace warder::manager
