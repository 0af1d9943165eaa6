// What the command groups share that tell an agent to do something now.
#pragma once

#include <string>

#include "cli/command.h"

namespace warder::cli {

/// Sends {"module"?, "name", "arguments"} to the agent (an id or host name) and, when `is_waiting`, asks for the
/// command's state until it has ended, at most as long as the manager keeps it waiting. `approval`: of a second person,
/// where the command takes one.
Result<json::value> send_agent_command(Session& session, const std::string& agent, const json::object& command,
                                       bool is_waiting, const std::string& approval = {});
/// Sends it and waits. What the agent answered; its words, where it refused.
Result<json::value> ask_agent(Session& session, const std::string& agent, const json::object& command,
                              const std::string& approval = {});
/// Failed where the command failed or was not taken in time.
Result<ExitCode> exit_code_of(const json::value& command);

}  // namespace warder::cli
