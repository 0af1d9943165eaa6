// Images of compiled rules on disk: a cache that is never trusted further than the file's owner.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "engines/loginspection/engine.h"

namespace warder::loginspection {

/// Written beside `file` and renamed over it, readable by its owner only.
Result<void> save_image_file(const Compiled& compiled, std::string_view source, const std::filesystem::path& file);

/// As `load_image`. Forbidden when somebody else than root and this process' user owns the file or may write it.
/// Without `source`, whatever the image was made from is right.
Result<std::shared_ptr<const Compiled>> load_image_file(const std::filesystem::path& file,
                                                        std::optional<std::string_view> source = std::nullopt);

/// `compile`, but from the image in `file` where that fits the definition, and leaving one there where it does not.
/// A file that cannot be written costs time at the next start and nothing else.
Result<std::shared_ptr<const Compiled>> compile_with_cache(const Definition& definition,
                                                           const std::filesystem::path& file);

}  // namespace warder::loginspection
