#include "host/linux/socket_dump.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "base/file.h"

namespace warder::host {
namespace {

constexpr unsigned kListening = 10;   // TCP_LISTEN, linux/net/tcp_states.h
constexpr unsigned kUnconnected = 7;  // TCP_CLOSE

struct Request {
  nlmsghdr header;
  inet_diag_req_v2 body;
};

Result<void> ask(int fd, std::uint8_t family, std::uint8_t protocol) {
  Request request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.body.sdiag_family = family;
  request.body.sdiag_protocol = protocol;
  request.body.idiag_states = 1U << (protocol == IPPROTO_TCP ? kListening : kUnconnected);
  if (::send(fd, &request, sizeof request, 0) < 0) return fail_errno("sock_diag", errno);
  return {};
}

IpAddress address_of(const inet_diag_sockid& id, std::uint8_t family) {
  if (family == AF_INET) return IpAddress::v4(ntohl(id.idiag_src[0]));
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), static_cast<const void*>(id.idiag_src), bytes.size());
  return IpAddress::v6(bytes);
}

void add_socket(ByteView body, std::uint8_t protocol, std::vector<ListeningSocket>& out) {
  inet_diag_msg message{};
  if (body.size() < sizeof message || out.size() >= kMaxSockets) return;
  std::memcpy(&message, body.data(), sizeof message);
  if (message.id.idiag_dport != 0 || message.id.idiag_sport == 0) return;
  ListeningSocket socket;
  socket.protocol = protocol == IPPROTO_TCP ? SocketProtocol::Tcp : SocketProtocol::Udp;
  socket.is_v6 = message.idiag_family == AF_INET6;
  socket.address = address_of(message.id, message.idiag_family);
  socket.port = ntohs(message.id.idiag_sport);
  socket.uid = message.idiag_uid;
  socket.inode = message.idiag_inode;
  socket.interface = message.id.idiag_if;
  out.push_back(std::move(socket));
}

/// True: the answer is whole.
Result<bool> take_datagram(ByteView bytes, std::uint8_t protocol, std::vector<ListeningSocket>& out) {
  while (bytes.size() >= sizeof(nlmsghdr)) {
    nlmsghdr header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > bytes.size()) break;
    const ByteView body = bytes.subspan(NLMSG_HDRLEN, header.nlmsg_len - NLMSG_HDRLEN);
    if (header.nlmsg_type == NLMSG_DONE) return true;
    if (header.nlmsg_type == NLMSG_ERROR) {
      nlmsgerr error{};
      if (body.size() >= sizeof error.error) std::memcpy(&error.error, body.data(), sizeof error.error);
      return fail_errno("sock_diag", error.error < 0 ? -error.error : EPROTO);
    }
    add_socket(body, protocol, out);
    bytes = bytes.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), bytes.size()));
  }
  return false;
}

}  // namespace

Result<std::vector<ListeningSocket>> dump_listening_sockets() {
  const UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!fd.is_open()) return fail_errno("sock_diag", errno);
  std::vector<ListeningSocket> sockets;
  std::vector<std::uint8_t> buffer(64 << 10);
  for (const auto family : {std::uint8_t{AF_INET}, std::uint8_t{AF_INET6}}) {
    for (const auto protocol : {std::uint8_t{IPPROTO_TCP}, std::uint8_t{IPPROTO_UDP}}) {
      WD_TRY(ask(fd.get(), family, protocol));
      bool is_whole = false;
      while (!is_whole) {
        const ssize_t size = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
        if (size < 0 && errno == EINTR) continue;
        if (size <= 0) return fail_errno("sock_diag", errno);
        is_whole = WD_TRY(take_datagram(ByteView(buffer).first(static_cast<std::size_t>(size)), protocol, sockets));
      }
    }
  }
  return sockets;
}

}  // namespace warder::host
