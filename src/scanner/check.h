// Whether the libraries take a file of signatures, for those who hand it to others. In warder-scanner only.
#pragma once

#include <filesystem>

namespace warder::scanner {

/// Prints {"made_s":…,"version":…} (0: it does not say) and returns 0, or prints why not to stderr and returns 1.
/// ClamAV's .cvd: its digital signature; other databases and YARA rules are loaded.
int check(const std::filesystem::path& file);

}  // namespace warder::scanner
