// What the command groups share that tell an agent to do something now.
#pragma once

#include <string>

#include "cli/command.h"

namespace warder::cli {

/// Sends {"module"?, "name", "arguments"} to the agent (an id or host name) and, when `is_waiting`, asks for the
/// command's state until it has ended, at most as long as the manager keeps it waiting.
Result<json::value> send_agent_command(Session& session, const std::string& agent, const json::object& command,
                                       bool is_waiting);
/// Failed where the command failed or was not taken in time.
Result<ExitCode> exit_code_of(const json::value& command);

}  // namespace warder::cli
