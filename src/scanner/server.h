// The program's two kinds of process: one that holds the signatures and forks, and those that scan.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>

#include "base/result.h"

namespace warder::scanner {

struct ServerOptions {
  std::filesystem::path signatures;
  std::filesystem::path temporary;  // ours alone
  std::chrono::milliseconds max_time{0};
  std::uint64_t max_file_bytes = 0;
  std::uint64_t max_memory_bytes = 0;
};

/// Loads, says so on kControlSocket, then forks a scanning process for each socket that arrives, until the caller is
/// gone. Failure is also told on the socket.
Result<void> serve(const ServerOptions& options);

}  // namespace warder::scanner
