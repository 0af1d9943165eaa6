// A TCP connection to a named server, with an end to the waiting for names and hosts.
#pragma once

#include <chrono>

#include "base/address.h"
#include "base/file.h"
#include "base/result.h"

namespace warder::manager {

using Deadline = std::chrono::steady_clock::time_point;

struct ServerSocket {
  UniqueFd fd;  // O_NONBLOCK
  bool is_loopback = false;
};
/// Tries the name's addresses in turn. Unavailable, Timeout.
Result<ServerSocket> connect_to_server(const HostPort& server, Deadline deadline);

/// Not negative.
std::chrono::milliseconds time_left(Deadline deadline) noexcept;

}  // namespace warder::manager
