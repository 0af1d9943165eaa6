// Sockets of this network namespace from the kernel, by sock_diag(7).
#pragma once

#include <linux/inet_diag.h>

#include <cstdint>
#include <functional>

#include "base/address.h"
#include "base/bytes.h"
#include "base/result.h"

namespace warder::host {

struct SocketQuery {
  std::uint8_t protocol = 0;    // IPPROTO_TCP, IPPROTO_UDP
  std::uint32_t states = 0;     // a bit for each of linux/net/tcp_states.h that is wanted
  std::uint8_t extensions = 0;  // a bit for each INET_DIAG_… attribute, its number less one
};

/// Calls `each` for every socket of both families, with the attributes that came with it. Forbidden or Unavailable
/// where netlink is refused.
Result<void> dump_sockets(const SocketQuery& query,
                          const std::function<void(const inet_diag_msg& socket, ByteView attributes)>& each);

/// One end of `socket`, from the words that idiag_src and idiag_dst are.
IpAddress address_in(const __be32* words, std::uint8_t family);

}  // namespace warder::host
