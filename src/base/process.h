// Running another program: no shell, bounded output, a deadline.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace warder {

struct ProcessOutput {
  int exit_code = 0;  // 128 + signal when it was killed
  std::string out;
  std::string err;
};

struct ProcessOptions {
  std::string input;
  std::chrono::milliseconds timeout{30'000};
  std::size_t max_output_bytes = 16 << 20;
  std::vector<std::string> environment;  // "KEY=value"; the child gets only these and PATH
};

/// Runs `arguments[0]` (searched on PATH) to its end. Fails when it cannot start, outlives the timeout (it is killed)
/// or prints too much; an exit code other than 0 is not a failure. Closes every other descriptor in the child. Blocks.
Result<ProcessOutput> run_process(const std::vector<std::string>& arguments, const ProcessOptions& options = {});

}  // namespace warder
