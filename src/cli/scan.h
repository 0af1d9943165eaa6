// warder scan: files and folders for malware, without an agent or a manager.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace warder::cli {

struct ScanArguments {
  std::vector<std::string> paths;
  std::string signatures;
  std::string cache;
  std::vector<std::string> exclude;
  unsigned jobs = 0;  // 0: one for each processor
  unsigned max_seconds = 120;
  unsigned tlsh_distance = 30;
  std::uint64_t max_file_mb = 100;
  bool is_infected_only = false;
  bool is_recursive = true;  // accepted for scripts written for clamscan; folders are always gone through
  bool no_heuristics = false;
  bool no_summary = false;
  bool is_memory = false;  // the paths are ids of processes; none: all
};

void add_scan(Tree& tree);
void add_signatures(Tree& tree);

}  // namespace warder::cli
