// Goes through everything that a scope watches, with as many threads as the caller gives it, and compares it with the
// baseline or makes the baseline of it. Memory does not grow with the tree.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_set>
#include <vector>

#include "engines/integrity/baseline.h"
#include "engines/integrity/scope.h"
#include "host/file_tree.h"

namespace warder::integrity {

/// Takes what differs. Called from all threads, one at a time.
class SweepSink {
 public:
  virtual ~SweepSink() = default;
  /// `was` is nullptr for what is new, `is` for what is gone. Metadata that only an unwatched attribute has may differ.
  virtual void differs(const std::string& path, const Entity* was, const Entity* is) = 0;
};

struct SweepOptions {
  bool makes_baseline = false;
  bool trusts_times = false;  // do not read files whose device, inode, size, ctime and mtime are the same,
                              // but where a store through a mapping does not move these
  std::uint64_t max_hash_bytes = std::uint64_t{1} << 40U;
};

struct SweepReport {
  std::uint64_t entities = 0;
  std::uint64_t directories = 0;
  std::uint64_t bytes = 0;  // of the files that were read
  std::uint64_t unreadable = 0;
};

/// What a dry run says: nothing is read but directories.
struct SweepEstimate {
  std::uint64_t entities = 0;
  std::uint64_t directories = 0;
  std::uint64_t bytes = 0;  // that a full scan reads
  std::vector<std::uint64_t> of_rule;
};

class Sweep {
 public:
  /// `known` is the scope that the baseline was made with: what it did not cover is not new now. `sink` may be nullptr
  /// when the baseline is made. All must outlive it.
  Sweep(const Scope& scope, const Scope& known, host::FileTree& tree, Baseline& baseline, const SweepOptions& options,
        SweepSink* sink);
  ~Sweep();
  Sweep(const Sweep&) = delete;
  Sweep& operator=(const Sweep&) = delete;

  /// Works until there is nothing left to do; each thread calls it once. `pace` may be empty; it is called between
  /// files with the bytes that were read of the last one, and may take its time.
  Result<void> work(const std::stop_token& stop, const std::function<void(std::uint64_t)>& pace);
  /// After all threads have ended: what the walk could not come to is gone.
  Result<SweepReport> finish();

 private:
  struct Place;
  class Visit;

  std::unique_ptr<Place> next(const std::stop_token& stop);
  void done();
  void push(std::unique_ptr<Place> place);
  void report(const std::string& path, const Entity* was, const Entity* is);
  void fail_with(Error error);
  Result<void> miss_children(const std::string& directory);

  const Scope& scope_;
  const Scope& known_;
  bool scope_has_changed_;
  host::FileTree& tree_;
  Baseline& baseline_;
  const SweepOptions options_;
  SweepSink* sink_;

  std::mutex mutex_;  // guards all below
  std::condition_variable_any changed_;
  std::vector<std::unique_ptr<Place>> places_;
  std::size_t busy_ = 0;
  std::unordered_set<std::uint64_t> visited_;  // hashes of paths
  std::optional<Error> error_;
  SweepReport report_;
  std::mutex sink_mutex_;
};

/// Walks without reading files or the baseline.
Result<SweepEstimate> estimate(const Scope& scope, host::FileTree& tree, const std::stop_token& stop);

}  // namespace warder::integrity
