#include "manager/directory/server_socket.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "keys/bounded_calls.h"

namespace warder::manager {
namespace {

struct Endpoint {
  sockaddr_storage address{};
  socklen_t size = 0;
};

Result<std::vector<Endpoint>> resolve(const HostPort& server, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(server.host.c_str(), std::to_string(server.port).c_str(), &hints, &found);
  if (code != 0) return fail(ErrorCode::Unavailable, ::gai_strerror(code));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  std::vector<Endpoint> endpoints;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    Endpoint& endpoint = endpoints.emplace_back();
    endpoint.size = each->ai_addrlen;
    std::copy_n(reinterpret_cast<const char*>(each->ai_addr), each->ai_addrlen,
                reinterpret_cast<char*>(&endpoint.address));
  }
  return endpoints;
}

Result<std::vector<Endpoint>> resolve_in_time(const HostPort& server, Deadline deadline) {
  if (auto literal = resolve(server, AI_NUMERICHOST)) return literal;
  keys::BoundedCalls calls("the name's resolver", std::max(time_left(deadline), std::chrono::milliseconds(1)));
  return calls.call<std::vector<Endpoint>>([server] { return resolve(server, AI_ADDRCONFIG); });
}

Result<void> finish_connecting(int fd, Deadline deadline) {
  pollfd waited{fd, POLLOUT, 0};
  const int ready = ::poll(&waited, 1, static_cast<int>(time_left(deadline).count()));
  if (ready < 0) return fail_errno("poll", errno);
  if (ready == 0) return fail(ErrorCode::Timeout, "it does not answer");
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return fail_errno("getsockopt", errno);
  if (error != 0) return fail(ErrorCode::Unavailable, std::generic_category().message(error));
  return {};
}

bool is_loopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return IpAddress::v4(ntohl(v4.sin_addr.s_addr)).is_loopback();
  }
  std::array<std::uint8_t, 16> bytes{};
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  std::copy_n(v6.sin6_addr.s6_addr, bytes.size(), bytes.begin());
  return IpAddress::v6(bytes).is_loopback();
}

Result<ServerSocket> connect_to(const Endpoint& endpoint, Deadline deadline) {
  UniqueFd fd(::socket(endpoint.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open()) return fail_errno("socket", errno);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&endpoint.address), endpoint.size) != 0) {
    if (errno != EINPROGRESS) return fail(ErrorCode::Unavailable, std::generic_category().message(errno));
    WD_TRY(finish_connecting(fd.get(), deadline));
  }
  return ServerSocket{std::move(fd), is_loopback(endpoint.address)};
}

}  // namespace

std::chrono::milliseconds time_left(Deadline deadline) noexcept {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

Result<ServerSocket> connect_to_server(const HostPort& server, Deadline deadline) {
  Error last{ErrorCode::Unavailable, "the name has no address"};
  for (const Endpoint& endpoint : WD_TRY(resolve_in_time(server, deadline))) {
    auto connected = connect_to(endpoint, deadline);
    if (connected) return connected;
    last = std::move(connected).error();
  }
  return fail(std::move(last));
}

}  // namespace warder::manager
