// A seal on a file that is not to be changed any more: its last bytes say whether all others are as they were.
#pragma once

#include <filesystem>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::integrity {

/// Appends the seal. Without a key it finds damage; with one also whoever edits the file without knowing the key.
Result<void> seal_file(const std::filesystem::path& file, ByteView key);
/// Corrupt when the file is not as it was sealed; Forbidden when it was sealed with a key and there is none here, or
/// the other way round.
Result<void> verify_seal(const std::filesystem::path& file, ByteView key);

}  // namespace warder::integrity
