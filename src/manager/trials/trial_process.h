// The process that a trial runs in: a program of ours with a word as its argument, which reads everything from
// descriptor 0, gives up all else (pure_process.h) and prints one object.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace warder::manager {

/// Starts `program` with the arguments, the first of which is the trial's word, hands it `input` and takes its word.
/// Invalid when it used up its time or memory, Timeout when it did not end by itself, Internal with what it says went
/// wrong. Blocks for 20 seconds at most.
Result<json::object> run_trial(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                               std::string input);

/// In the process: all of descriptor 0; TooLarge for more than `max_bytes`.
Result<std::string> read_trial(std::size_t max_bytes);
/// In the process: prints the object, or what went wrong; returns the exit code.
int finish_trial(const Result<std::string>& result);

}  // namespace warder::manager
