// The manifest's JSON and its rules; private to this folder.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "pack/pack.h"

namespace warder::pack {

/// All rules: names, versions, paths (unique, no file where another needs a folder), counts and sizes.
Result<void> check_manifest(const Manifest& manifest);
/// Parses and checks; the text must be the canonical one that print_manifest makes.
Result<Manifest> parse_manifest(std::string_view text);
std::string print_manifest(const Manifest& manifest);

/// Whether an engine of this version may use content that asks for `minimum`; Invalid when either is no version.
Result<bool> is_new_enough(std::string_view engine, std::string_view minimum);

}  // namespace warder::pack
