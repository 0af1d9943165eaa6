// The rules of the product and what they read, in memory: a pure process opens nothing.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "engines/ips/replay.h"

namespace warder::manager {

struct PackFiles {
  std::vector<ips::RuleFile> rules;
  std::map<std::string, std::string, std::less<>> pack_of;  // by the rule file's path
  std::map<std::string, std::string, std::less<>> texts;    // everything in the packs' folders, by path
};

Result<PackFiles> read_pack_files(const std::filesystem::path& folder);

}  // namespace warder::manager
