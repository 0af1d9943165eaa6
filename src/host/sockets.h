// Sockets that wait for others: TCP that listens, UDP that is bound and not connected.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"

namespace warder::host {

enum class SocketProtocol : std::uint8_t { Tcp, Udp };
/// "tcp", "udp".
std::string_view name(SocketProtocol protocol) noexcept;

struct ListeningSocket {
  SocketProtocol protocol = SocketProtocol::Tcp;
  bool is_v6 = false;
  IpAddress address;  // all zero: every address
  std::uint16_t port = 0;
  std::uint32_t uid = 0;  // who made it
  std::uint64_t inode = 0;
  std::uint32_t interface = 0;  // bound to this one only; 0: to none
  // Of a process that holds it; empty when there is none (the kernel's own) or it cannot be seen.
  std::int32_t pid = 0;
  std::string executable;
  std::string control_group;  // "/system.slice/ssh.service"
  std::string container_id;
  friend bool operator==(const ListeningSocket&, const ListeningSocket&) = default;
};

/// One of /proc/net/{tcp,tcp6,udp,udp6}: what waits, without its process. Lines that are none are left out; at most
/// kMaxSockets.
inline constexpr std::size_t kMaxSockets = 65'536;
std::vector<ListeningSocket> parse_proc_net(std::string_view text, SocketProtocol protocol, bool is_v6);

}  // namespace warder::host
