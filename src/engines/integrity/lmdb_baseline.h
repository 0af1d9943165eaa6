// The baseline in LMDB: ordered, memory-mapped, whole after a crash.
#pragma once

#include <filesystem>

#include "engines/integrity/baseline.h"

namespace warder::integrity {

/// Opens or makes the baseline in `directory`, which must be there. Corrupt when the files are something else: the
/// caller moves them away (discard_lmdb_baseline) and starts anew.
Result<std::unique_ptr<Baseline>> open_lmdb_baseline(const std::filesystem::path& directory);
Result<void> discard_lmdb_baseline(const std::filesystem::path& directory);

enum class LmdbUse : std::uint8_t {
  ReadOnly,  // the file must be there and is left as it is, down to its last byte
  Bulk,      // made when it is not there; by this process alone; on the disk for certain only once the file was synced
};
/// The same in a file of its own.
Result<std::unique_ptr<Baseline>> open_lmdb_baseline_file(const std::filesystem::path& file, LmdbUse use);
/// Writes what a finished file holds to another, in order: about half the size. `to` is replaced.
Result<void> compact_lmdb_baseline_file(const std::filesystem::path& file, const std::filesystem::path& to);

}  // namespace warder::integrity
