// One file before the signatures of one folder, neither of which anybody vouches for.
#pragma once

#include <filesystem>
#include <string>

namespace warder::scanner {

/// Shuts itself into `folder`, then loads what is there, looks at descriptor 0 and prints one JSON object: verdict,
/// engine, signature, reason, rules, signatures, warnings. The exit code; 1, with a line on standard error, when this
/// computer offers no way to be shut in.
int try_file(const std::filesystem::path& folder, const std::string& name);

}  // namespace warder::scanner
