// Rule packs: folders of rule files with a manifest.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engines/ips/replay.h"

namespace warder::ips {

struct RulePack {
  std::filesystem::path folder;
  std::string name;
  std::string version;
  std::string description;
  std::string licence;          // SPDX expression or what its author wrote
  std::string source;           // where it was imported from
  std::vector<RuleFile> rules;  // *.rules in name order
  std::vector<RuleFile> cases;  // *.cases: what its rules must find and must not
};

/// pack.json, *.rules, *.cases. Invalid, naming the file, when it cannot be read.
Result<RulePack> read_rule_pack(const std::filesystem::path& folder);
/// Every sub-folder that has a pack.json, by name; a folder that is not there has none.
Result<std::vector<RulePack>> read_rule_packs(const std::filesystem::path& folder);
/// Those named, all when none is named. NotFound for an unknown name.
Result<std::vector<const RulePack*>> choose_packs(std::span<const RulePack> packs, std::span<const std::string> names);

}  // namespace warder::ips
