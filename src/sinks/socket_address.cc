#include "sinks/socket_address.h"

#include <netdb.h>

#include <array>
#include <cstring>
#include <memory>

namespace warder::sinks {

socklen_t to_native(const IpAddress& address, std::uint16_t port, sockaddr_storage& storage) {
  storage = {};
  if (address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, address.bytes().data() + 12, sizeof v4.sin_addr);
    std::memcpy(&storage, &v4, sizeof v4);
    return sizeof v4;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  std::memcpy(&v6.sin6_addr, address.bytes().data(), sizeof v6.sin6_addr);
  std::memcpy(&storage, &v6, sizeof v6);
  return sizeof v6;
}

std::optional<IpAddress> from_native(const sockaddr& native) {
  if (native.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &native, sizeof v4);
    return IpAddress::v4(ntohl(v4.sin_addr.s_addr));
  }
  if (native.sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &native, sizeof v6);
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return IpAddress::v6(bytes);
}

Result<std::vector<IpAddress>> resolve(const std::string& host, const MayReach& may_reach) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int result = ::getaddrinfo(host.c_str(), nullptr, &hints, &list); result != 0)
    return fail(ErrorCode::Unavailable, host + ": " + ::gai_strerror(result));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(list, &::freeaddrinfo);
  std::vector<IpAddress> addresses;
  bool has_forbidden = false;
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    const auto address = from_native(*each->ai_addr);
    if (!address) continue;
    if (may_reach && !may_reach(*address)) {
      has_forbidden = true;
      continue;
    }
    addresses.push_back(*address);
  }
  if (!addresses.empty()) return addresses;
  if (has_forbidden)
    return fail(ErrorCode::Forbidden, host + ": is at an address that this tenant's events may not be sent to");
  return fail(ErrorCode::Unavailable, host + ": has no address");
}

}  // namespace warder::sinks
