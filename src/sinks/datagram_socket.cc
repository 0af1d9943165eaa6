#include "sinks/datagram_socket.h"

#include <cerrno>

namespace warder::sinks {

Result<std::unique_ptr<DatagramSocket>> DatagramSocket::connect(const std::string& host, std::uint16_t port,
                                                                const MayReach& may_reach) {
  const auto addresses = WD_TRY(resolve(host, may_reach));
  sockaddr_storage storage{};
  const socklen_t size = to_native(addresses.front(), port, storage);
  UniqueFd fd(::socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return fail_errno("socket", errno);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&storage), size) != 0) return fail_errno(host, errno);
  return std::unique_ptr<DatagramSocket>(new DatagramSocket(std::move(fd)));
}

Result<void> DatagramSocket::send(std::string_view message) const {
  if (::send(fd_.get(), message.data(), message.size(), MSG_NOSIGNAL) >= 0) return {};
  return fail_errno("send", errno);
}

}  // namespace warder::sinks
