// Finds the files that a scan looks at, while others look at those already found.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace warder::cli {

/// A bounded queue of paths. Thread-safe.
class PathQueue {
 public:
  /// Blocks while it is full.
  void push(std::string path);
  /// No more will come.
  void close();
  /// Blocks; nullopt at the end.
  std::optional<std::string> pop();

 private:
  static constexpr std::size_t kMaxPaths = 4096;
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::deque<std::string> paths_;
  bool is_closed_ = false;
};

struct WalkOptions {
  std::vector<std::string> exclude;  // globs over whole paths (base/text.h)
};

/// Puts every regular file below `path`, or `path` itself, on the queue. Symbolic links are followed only when they are
/// `path` itself. What is not gone into or cannot be read is told through `other` (path, reason, whether it is an
/// error).
using WalkNote = std::function<void(const std::string& path, const std::string& reason, bool is_error)>;
void walk(const std::string& path, const WalkOptions& options, PathQueue& queue, const WalkNote& other);

}  // namespace warder::cli
