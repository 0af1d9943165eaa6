// Rules of integrity monitoring tried on paths, by the engine that runs on hosts, in a process of its own that can do
// nothing else: rules are a stranger's text, and patterns may take long.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "engines/integrity/rule_trial.h"

namespace warder::manager {

/// `trial` in the form of api/openapi.yaml#IntegrityRuleTest. Starts `program try-paths` and takes its word, whose form
/// is that of IntegrityRuleTestResult. Invalid when it could not be judged within the limits; blocks for 20 seconds at
/// most.
Result<json::object> try_paths(const std::filesystem::path& program, const json::object& trial);

/// What that program does: reads the trial on descriptor 0, gives up everything, and prints the result. Returns its
/// exit code.
int paths_child();

/// The trial itself, in this process. Invalid for what is no trial; rules that are refused are part of the result.
Result<json::object> judge_paths(const json::object& trial);

}  // namespace warder::manager
