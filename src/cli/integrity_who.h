// Who it was, for a command that watches: processes that have ended are remembered as long as the watch lasts.
#pragma once

#include <memory>
#include <string_view>

#include "host/process_table.h"

namespace warder::cli {

struct RememberedProcesses {
  std::unique_ptr<host::ProcessTable> table;
  std::string_view mechanism;  // "ebpf", "connector"; "none": only those that live are known
};
/// Follows the kernel's process events on a thread of its own.
RememberedProcesses remember_processes();

}  // namespace warder::cli
