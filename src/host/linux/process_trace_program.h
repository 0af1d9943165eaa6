// The programs that run in the kernel at each fork, exec and exit, as instructions (bpf(2)), for kernels of any layout:
// where a field lies is asked of the running kernel's type information. No compiler is needed, and nothing is written
// but records of a ring. These instructions are offered under Apache-2.0 or GPL-2.0-only: the kernel lets only programs
// that say so read its strings.
#pragma once

#include <linux/bpf.h>

#include <array>
#include <cstdint>
#include <vector>

#include "base/result.h"

struct btf;

namespace warder::host {

enum class TraceKind : std::uint32_t { Fork = 1, Exec = 2, Exit = 3 };

/// What the programs put into the ring; at a fork and an exit no more than TraceHead.
struct TraceHead {
  TraceKind kind{};
  std::int32_t pid = 0;
  std::int32_t parent = 0;  // not at an exit
  std::uint32_t uid = 0;
  std::uint32_t login_uid = 0;
  std::uint32_t device = 0;  // of the program's file, as the kernel writes it: 12 bits and 20
  std::uint64_t inode = 0;
  std::uint64_t control_group = 0;
  std::uint64_t start_ns = 0;  // since boot
  std::uint64_t argument_bytes = 0;
};
struct TraceRecord {
  TraceHead head;
  std::array<char, 256> program{};
  std::array<char, 512> arguments{};
};

struct TraceMaps {
  int ring = -1;
  int lost = -1;  // an array of one number: records that did not fit
};

/// The program for one kind. Unavailable: this kernel has other structures.
Result<std::vector<bpf_insn>> make_trace_program(TraceKind kind, const btf& types, const TraceMaps& maps);

}  // namespace warder::host
