// warder-scanner SIGNATURES TEMPORARY MAX_MS MAX_FILE_BYTES MAX_MEMORY_BYTES, with a socket as descriptor 3; or
// --version, or --check FILE of signatures; or
// --try FOLDER NAME, with the file that is named as descriptor 0. Started by other programs of Warder
// (scanner/client.h), not by people. What is linked here besides libclamav is offered under GPL-2.0-only as well.
#include <csignal>
#include <cstdio>
#include <optional>

#include "base/text.h"
#include "scanner/check.h"
#include "scanner/clamav.h"
#include "scanner/server.h"
#include "scanner/trial.h"
#include "scanner/yara.h"

int main(int count, char** arguments) {
  constexpr int kCount = 6;
  if (count == 2 && std::string_view(arguments[1]) == "--version") {
    std::puts((warder::scanner::Clamav::version() + ", " + warder::scanner::Yara::version()).c_str());
    return 0;
  }
  if (count == 3 && std::string_view(arguments[1]) == "--check") return warder::scanner::check(arguments[2]);
  if (count == 4 && std::string_view(arguments[1]) == "--try")
    return warder::scanner::try_file(arguments[2], arguments[3]);
  if (count != kCount) {
    std::fputs("warder-scanner is started by warder and warder-agent; see: warder scan --help\n", stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  warder::scanner::ServerOptions options;
  options.signatures = arguments[1];
  options.temporary = arguments[2];
  const auto max_ms = warder::parse_integer<std::int64_t>(arguments[3]);
  const auto max_file = warder::parse_integer<std::uint64_t>(arguments[4]);
  const auto max_memory = warder::parse_integer<std::uint64_t>(arguments[5]);
  if (!max_ms || *max_ms <= 0 || !max_file || !max_memory) {
    std::fputs("warder-scanner: a limit is not a number\n", stderr);
    return 2;
  }
  options.max_time = std::chrono::milliseconds(*max_ms);
  options.max_file_bytes = *max_file;
  options.max_memory_bytes = *max_memory;
  return warder::scanner::serve(options) ? 0 : 1;
}
