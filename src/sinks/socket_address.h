// Addresses as the kernel has them, and names as addresses that may be reached.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"

namespace warder::sinks {

using MayReach = std::function<bool(const IpAddress&)>;

/// How many bytes of `storage` count.
socklen_t to_native(const IpAddress& address, std::uint16_t port, sockaddr_storage& storage);
/// Nothing for what is neither IPv4 nor IPv6.
std::optional<IpAddress> from_native(const sockaddr& native);

/// The addresses of a name that may be reached, in the resolver's order. Forbidden when it has some and none may be,
/// Unavailable when it has none. Blocks as the resolver does.
Result<std::vector<IpAddress>> resolve(const std::string& host, const MayReach& may_reach);

}  // namespace warder::sinks
