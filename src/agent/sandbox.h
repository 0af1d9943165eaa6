// What a worker gives up before it touches input: capabilities, new privileges, dangerous system calls, writing outside
// its own directory, and outliving its supervisor.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace warder::agent {

struct SandboxOptions {
  std::vector<int> capabilities;   // linux/capability.h: kept, as far as the process has them; all others go for good
  std::filesystem::path writable;  // the only directory in which files can be made, changed or removed; empty: none
  std::uint64_t max_data_bytes = 1 << 30;  // RLIMIT_DATA
  bool may_use_network = false;            // sockets of the families AF_INET and AF_INET6
  bool may_run_programs = false;           // execve; what is run stays in this sandbox
  bool inspects_processes = false;         // reads what /proc says of others: files, programs, sockets
  bool may_capture_packets = false;        // sockets of the family AF_PACKET
};

/// Cannot be undone. Layers that this kernel lacks are skipped and named in the result ("landlock"); a layer that is
/// there and fails is an error, and the caller must end.
///
/// Writing: by Landlock. It also hides other processes' /proc entries that want ptrace(2) access, so a module that
/// inspects processes gets a view of the file system instead in which all but `writable` is read-only ("mounts"); what
/// the host mounts later it may not see.
///
/// System calls: two groups. Those that no module ever makes and an intruder wants (execve, ptrace, kexec_load,
/// init_module, bpf, mount, setns …) end the process with SIGSYS, which the supervisor reports as tampering. Those
/// that a library may try harmlessly (sockets to the network, io_uring, clock setting …) fail with EPERM.
Result<std::vector<std::string>> enter_sandbox(const SandboxOptions& options);

/// What a module gives up for good, in all threads of this process, once its policy says that it needs it no more.
struct Refusals {
  std::vector<int> socket_families;  // AF_…: fail with EPERM
  bool programs = false;             // execve ends the process
};
/// Needs no_new_privs, as in the sandbox; without them, as in a test, nothing is done.
Result<void> refuse(const Refusals& refusals);

}  // namespace warder::agent
