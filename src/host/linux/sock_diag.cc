#include "host/linux/sock_diag.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/file.h"

namespace warder::host {
namespace {

using Each = std::function<void(const inet_diag_msg&, ByteView)>;

struct Request {
  nlmsghdr header;
  inet_diag_req_v2 body;
};

Result<void> ask(int fd, std::uint8_t family, const SocketQuery& query) {
  Request request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.body.sdiag_family = family;
  request.body.sdiag_protocol = query.protocol;
  request.body.idiag_states = query.states;
  request.body.idiag_ext = query.extensions;
  if (::send(fd, &request, sizeof request, 0) < 0) return fail_errno("sock_diag", errno);
  return {};
}

void take_socket(ByteView body, const Each& each) {
  inet_diag_msg socket{};
  if (body.size() < sizeof socket) return;
  std::memcpy(&socket, body.data(), sizeof socket);
  each(socket, body.subspan(std::min<std::size_t>(NLMSG_ALIGN(sizeof socket), body.size())));
}

/// True: the answer is whole.
Result<bool> take_datagram(ByteView bytes, const Each& each) {
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
    take_socket(body, each);
    bytes = bytes.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), bytes.size()));
  }
  return false;
}

}  // namespace

IpAddress address_in(const __be32* words, std::uint8_t family) {
  if (family == AF_INET) return IpAddress::v4(ntohl(words[0]));
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), words, bytes.size());
  return IpAddress::v6(bytes);
}

Result<void> dump_sockets(const SocketQuery& query, const Each& each) {
  const UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!fd.is_open()) return fail_errno("sock_diag", errno);
  Bytes buffer(64 << 10);
  for (const auto family : {std::uint8_t{AF_INET}, std::uint8_t{AF_INET6}}) {
    WD_TRY(ask(fd.get(), family, query));
    bool is_whole = false;
    while (!is_whole) {
      const ssize_t size = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return fail_errno("sock_diag", errno);
      is_whole = WD_TRY(take_datagram(ByteView(buffer).first(static_cast<std::size_t>(size)), each));
    }
  }
  return {};
}

}  // namespace warder::host
