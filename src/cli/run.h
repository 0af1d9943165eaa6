// The whole command line, from arguments to exit code.
#pragma once

#include <string>
#include <vector>

#include "cli/session.h"

namespace warder::cli {

/// Runs `arguments` (without the program's name). Never throws.
int run(const std::vector<std::string>& arguments, Environment& environment);

/// Says on the error stream what went wrong, as JSON when asked for that.
void print_error(Session& session, const Error& error);

}  // namespace warder::cli
