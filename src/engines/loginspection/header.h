// The header of a log line: time, host and program, recognised by where their characters stand.
#pragma once

#include <string_view>

#include "engines/loginspection/definition.h"

namespace warder::loginspection {

/// Views into the line; empty where the line has none.
struct LineHeader {
  std::string_view timestamp;
  std::string_view hostname;
  std::string_view program_name;
  std::string_view log;  // what is left
  bool has_program_name = false;
};

/// Knows syslog (with and without host, AIX, Solaris, ISO 8601), xferlog, Snort, Suricata, Apache's error log, macOS's
/// ASL and Squid. A line without any of them is its own `log`.
LineHeader read_header(std::string_view line, Dialect dialect) noexcept;

}  // namespace warder::loginspection
