// The memory of running processes, for malware that is in no file: read in pieces without disturbing them and scanned
// as files are.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "engines/antimalware/verdict.h"
#include "scanner/client.h"

namespace warder::scanner {

struct MemoryRegion {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::string name;  // file, "[heap]", "/memfd:…", or empty
};

/// The regions of /proc/PID/smaps that are worth reading: what is no unchanged copy of a file that a scan of files
/// sees. Left out are devices, and memory whose pages another program provides on demand (userfaultfd), because
/// reading it could wait for that program.
std::vector<MemoryRegion> regions_of(std::string_view smaps);

struct MemoryScanOptions {
  std::uint64_t max_process_bytes = std::uint64_t{1} << 30U;  // of one process; the rest is not looked at, and said
  std::uint64_t max_piece_bytes = 32U << 20U;                 // scanned at a time; more than 64 KB
};

struct ScannedProcess {
  antimalware::Verdict verdict;
  std::uint64_t bytes = 0;  // looked at
};

/// Single-threaded. `connect` as for FileScan.
class MemoryScan {
 public:
  MemoryScan(std::function<Result<Connection*>()> connect, const MemoryScanOptions& options)
      : connect_(std::move(connect)), options_(options) {}

  /// Infected: the reason names the program and the place. Suspicious: it runs from a memfd, in no file system.
  /// Skipped: a thread of the kernel, one of ours, or it has ended. Only pages that are in memory are read, so that
  /// nothing is made or fetched for it.
  ScannedProcess scan(pid_t pid);

 private:
  struct Piece;
  Result<void> scan_region(pid_t pid, int memory, int pagemap, const MemoryRegion& region, ScannedProcess& scanned);
  Result<bool> scan_piece(pid_t pid, const Piece& piece, const MemoryRegion& region, ScannedProcess& scanned);

  std::function<Result<Connection*>()> connect_;
  const MemoryScanOptions options_;
};

/// All process ids, in order.
std::vector<pid_t> all_processes();

}  // namespace warder::scanner
