// Rule sets from files and folders, for the commands that inspect logs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engines/loginspection/definition.h"

namespace warder::cli {

struct RulePaths {
  std::string dialect;  // "ossec", "wazuh"
  std::vector<std::string> rules;
  std::vector<std::string> decoders;
  std::string lists;               // folder, may be empty
  std::vector<std::string> sigma;  // files and folders of Sigma rules
};

/// Reads the files; of a folder its .xml files in the order of their names (Sigma: .yml and .yaml, folders within as
/// well). What OSSEC and Wazuh leave out unless it is asked for is left out of folders: policy_rules.xml, OSSEC's
/// openbsd_rules.xml. `left_out` is told of each file that was. A list is known by its place under the folder's name:
/// "lists/audit-keys".
Result<loginspection::Definition> read_definition(const RulePaths& paths,
                                                  const std::function<void(const std::string&)>& left_out);

}  // namespace warder::cli
