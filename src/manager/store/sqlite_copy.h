// A copy of an SQLite file as it is at one moment, while others write to it.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace warder::manager {

/// `to` becomes one whole file of mode 0600; it must not exist. Writers go on meanwhile. NotFound when there is no
/// `from`; Corrupt, naming it, when SQLite finds it damaged; nothing of `to` is left after a failure.
Result<void> copy_sqlite(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace warder::manager
