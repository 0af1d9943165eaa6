// What scanning processes live with: no privileges, no files but their own temporary ones, no network, no programs.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"

namespace warder::scanner {

/// Of the whole program, after the signatures are loaded. As root: the root directory becomes `temporary` and the user
/// nobody. Otherwise only new privileges are given up. Returns the path by which `temporary` is known afterwards.
Result<std::filesystem::path> give_up_privileges(const std::filesystem::path& temporary);

/// As give_up_privileges, but the root directory becomes `folder` for every user: by a user namespace without root.
/// Unavailable where the kernel gives none. Call it while there is one thread.
Result<std::filesystem::path> shut_in(const std::filesystem::path& folder);

/// Of one scanning process: temporary files of at most `max_file_bytes`, and only the system calls that reading and
/// unpacking need; all others fail with EPERM, and those that an intruder wants end the process.
Result<void> confine(std::uint64_t max_file_bytes);

}  // namespace warder::scanner
