// How the kernel tells of processes is found out by trying: by programs of our own in it (eBPF), which also tell what
// was run and by whom, or else by the process event connector (Documentation/driver-api/connector.rst), which tells
// numbers only.
#pragma once

#include <memory>

#include "base/result.h"
#include "host/process_events.h"

namespace warder::host {

/// Takes CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN; afterwards CAP_DAC_READ_SEARCH, to name control groups. The
/// programs leave the kernel with the object, or with the process. Unavailable where the kernel, its type information
/// (BTF) or our rights do not allow it, or outside of the initial PID namespace.
Result<std::unique_ptr<ProcessEvents>> open_process_trace();
/// Takes CAP_NET_ADMIN, on newer kernels no right at all. Unavailable where the kernel has no connector.
Result<std::unique_ptr<ProcessEvents>> open_process_connector();
/// The first of these that works here; nullptr: neither, and those that have ended are unknown.
std::unique_ptr<ProcessEvents> open_process_events();
/// Unavailable outside of the initial PID namespace: the kernel tells nobody there, or the numbers of another.
Result<void> require_initial_pids();

}  // namespace warder::host
