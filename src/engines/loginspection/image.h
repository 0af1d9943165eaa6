// A compiled rule set as bytes, which are ready for work in milliseconds where texts take a second. An image is like a
// program: it holds the multi-pattern matcher's own tables, so it must come from where only we can write. Damage and
// images of another version, machine or text are found and refused.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "engines/loginspection/engine.h"

namespace warder::loginspection {

/// SHA-256 of everything an image is made from: the dialect, and names and texts in their order.
std::string source_of(const Definition& definition);

/// `source` says what it was made from and must be given again to load it. Empty when the matcher's tables cannot be
/// written.
std::string save_image(const Compiled& compiled, std::string_view source);

/// Conflict when it was made from something else, by another version or for another processor; Corrupt when it is not
/// as it was written. Patterns are compiled when they are first used.
Result<std::shared_ptr<const Compiled>> load_image(ByteView image, std::string_view source);

/// What the image says it was made from.
Result<std::string> image_source(ByteView image);

}  // namespace warder::loginspection
