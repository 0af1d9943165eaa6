// The baseline in LMDB: ordered, memory-mapped, whole after a crash.
#pragma once

#include <filesystem>

#include "engines/integrity/baseline.h"

namespace warder::integrity {

/// Opens or makes the baseline in `directory`, which must be there. Corrupt when the files are something else: the
/// caller moves them away (discard_lmdb_baseline) and starts anew.
Result<std::unique_ptr<Baseline>> open_lmdb_baseline(const std::filesystem::path& directory);
Result<void> discard_lmdb_baseline(const std::filesystem::path& directory);

}  // namespace warder::integrity
