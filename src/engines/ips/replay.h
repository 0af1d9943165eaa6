// Offline use: rules from files, packets from captures, alerts as JSON Lines.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engines/ips/engine.h"
#include "engines/ips/rule_loader.h"

namespace warder::ips {

/// Loads rule files by name. Files that rules name are looked for beside their rule file, a classification.config too.
struct RuleFile {
  std::string path;
  std::string text;
};
/// `keeps`, when given, may change each rule or leave it out (RuleLoader::adjust).
LoadedRules load_rule_files(const std::vector<RuleFile>& files, Variables variables,
                            const std::function<Result<std::string>(const std::string& path)>& read,
                            const std::function<bool(Rule& rule, const std::string& file)>& keeps = {});

/// {"time":…,"sid":…,…}: one line without its end.
std::string to_json_line(const Alert& alert);

/// Runs a capture's bytes through the engine. Corrupt when it cannot be read as one; what came before a break counts.
Result<void> replay(ByteView capture, Engine& engine, const std::function<void(const Alert&)>& on_alert);

}  // namespace warder::ips
