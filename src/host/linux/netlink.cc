#include "host/linux/netlink.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>

namespace warder::host {

Result<NetlinkSocket> NetlinkSocket::open() {
  mnl_socket* const raw = ::mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
  if (raw == nullptr) return fail_errno("netlink socket", errno);
  NetlinkSocket socket(raw);
  if (::mnl_socket_bind(raw, 0, MNL_SOCKET_AUTOPID) < 0) return fail_errno("netlink bind", errno);
  return socket;
}

Result<void> NetlinkSocket::send(ByteView message) const {
  if (::mnl_socket_sendto(socket_.get(), message.data(), message.size()) < 0) return fail_errno("netlink send", errno);
  return {};
}

Result<void> NetlinkSocket::request(ByteView message, unsigned answers, std::string_view what) const {
  WD_TRY(send(message));
  // The kernel answers within the call; a second is patience for a machine under strain.
  const timeval patience{1, 0};
  ::setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  alignas(nlmsghdr) std::array<char, 16'384> buffer{};
  int first_error = 0;
  while (answers > 0) {
    const ssize_t got = ::mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
    if (got < 0) return fail_errno(what, first_error != 0 ? first_error : errno);
    int left = static_cast<int>(got);
    for (const auto* header = static_cast<const nlmsghdr*>(static_cast<const void*>(buffer.data()));
         ::mnl_nlmsg_ok(header, left); header = ::mnl_nlmsg_next(header, &left)) {
      if (header->nlmsg_type != NLMSG_ERROR) continue;
      const auto* const answer = static_cast<const nlmsgerr*>(::mnl_nlmsg_get_payload(header));
      if (answer->error != 0 && first_error == 0) first_error = -answer->error;
      if (answers > 0) --answers;
      // A refused batch is refused whole, and only what was wrong is answered.
      if (first_error != 0) return fail_errno(what, first_error);
    }
  }
  return {};
}

}  // namespace warder::host
