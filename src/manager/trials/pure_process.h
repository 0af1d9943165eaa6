// A process that can do nothing more but compute: what strangers sent is read in one.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/result.h"

namespace warder::manager {

struct PureLimits {
  std::chrono::seconds cpu{10};
  std::uint64_t memory_bytes = std::uint64_t{1} << 30U;  // beyond what is in use now
};

/// Of the calling process, for good: it may read and write the descriptors that it has, ask for memory and the time,
/// and end. It opens no file, makes no socket, process or thread, and sends no signal. Beyond the limits it is ended.
Result<void> become_pure(const PureLimits& limits);

}  // namespace warder::manager
