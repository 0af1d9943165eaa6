// Walks everything that a policy watches and compares it with the baseline: what looks different is a suspect for the
// engine to examine. Memory does not grow with the tree.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "engines/integrity/baseline.h"
#include "engines/integrity/engine.h"

namespace warder::integrity {

/// Takes what a scan finds, on the scan's thread.
class ScanSink {
 public:
  virtual ~ScanSink() = default;
  /// Called before a directory is read, so that a watch is there first.
  virtual void on_directory(const std::string& path, const host::FileStat& stat) = 0;
  /// May block: a scan is in no hurry. `changed_ns` is the file's ctime, 0 when it is gone.
  virtual void suspect(const std::string& path, std::int64_t changed_ns) = 0;
  /// An entry was compared, and so much was read. May block, too.
  virtual void looked(std::uint64_t /*bytes*/) {}
};

struct ScanOptions {
  bool reads_content = false;  // of every file, whatever its attributes say
  std::string below = "/";     // this directory only
  std::uint64_t device = 0;    // and of what is below it only what is on this; 0: on any
};

struct ScanReport {
  std::uint64_t entities = 0;  // looked at
  std::uint64_t bytes = 0;     // read
  std::uint64_t suspects = 0;
  std::uint64_t adopted = 0;    // taken into the baseline without an event
  std::uint64_t forgotten = 0;  // left the scope
  bool is_complete = false;     // false: stopped
};

/// `known` is the scope that the baseline is complete for. What is watched now and was not then is adopted: it becomes
/// baseline without an event. Both scopes equal: an ordinary rescan. Suspects that are gone come last, so that a file
/// that moved is found at its new place first.
Result<ScanReport> scan(const Compiled& compiled, const Scope& known, host::FileTree& tree, Baseline& baseline,
                        const ScanOptions& options, ScanSink& sink, const std::stop_token& stop);

}  // namespace warder::integrity
