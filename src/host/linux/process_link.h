// The TCP connection of another process, as the kernel knows it: where it goes, and when the peer last answered.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.h"
#include "base/result.h"

namespace warder::host {

struct TcpLink {
  IpAddress peer;
  std::uint16_t port = 0;
  bool is_established = false;          // false: still connecting
  std::chrono::milliseconds silence{};  // since the peer last sent or acknowledged anything
};

/// The TCP connections of a process in this network namespace that are established or being made, but for those to the
/// host itself. Reading whose sockets they are needs CAP_SYS_PTRACE for a process with more rights than ours.
Result<std::vector<TcpLink>> tcp_links_of(std::int32_t pid);

}  // namespace warder::host
