// What a command prints, at an interval, as a source: each line of its output is a line.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "agent/log_source.h"

namespace warder::agent {

struct CommandOptions {
  std::string text;  // as the policy writes it
  std::chrono::seconds interval{60};
  std::vector<std::string> arguments;  // the first is the program
  std::chrono::seconds timeout{30};
  std::size_t max_output_bytes = 1 << 20;
};

/// "300 df -P": seconds and a program with its arguments, separated by spaces. With `shell`, the rest is given to
/// /bin/sh -c as it is. A record's text is "ossec: output: 'df -P': " and the line, as rules for commands expect it.
Result<CommandOptions> parse_command(std::string_view text, bool shell);

/// Runs in a thread of its own; what it prints before it is polled is kept, one run at most.
std::unique_ptr<LogSource> make_log_command(CommandOptions options);

}  // namespace warder::agent
