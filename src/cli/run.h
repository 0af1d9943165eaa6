// The whole command line, from arguments to exit code.
#pragma once

#include <string>
#include <vector>

#include "cli/session.h"

namespace warder::cli {

/// Runs `arguments` (without the program's name). Never throws.
int run(const std::vector<std::string>& arguments, Environment& environment);

}  // namespace warder::cli
