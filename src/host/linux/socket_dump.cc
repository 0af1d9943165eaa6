#include "host/linux/socket_dump.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "host/linux/sock_diag.h"

namespace warder::host {
namespace {

constexpr unsigned kListening = 10;   // TCP_LISTEN, linux/net/tcp_states.h
constexpr unsigned kUnconnected = 7;  // TCP_CLOSE

void add_socket(const inet_diag_msg& message, std::uint8_t protocol, std::vector<ListeningSocket>& out) {
  if (out.size() >= kMaxSockets || message.id.idiag_dport != 0 || message.id.idiag_sport == 0) return;
  ListeningSocket socket;
  socket.protocol = protocol == IPPROTO_TCP ? SocketProtocol::Tcp : SocketProtocol::Udp;
  socket.is_v6 = message.idiag_family == AF_INET6;
  socket.address = address_in(&message.id.idiag_src[0], message.idiag_family);
  socket.port = ntohs(message.id.idiag_sport);
  socket.uid = message.idiag_uid;
  socket.inode = message.idiag_inode;
  socket.interface = message.id.idiag_if;
  out.push_back(std::move(socket));
}

}  // namespace

Result<std::vector<ListeningSocket>> dump_listening_sockets() {
  std::vector<ListeningSocket> sockets;
  for (const auto protocol : {std::uint8_t{IPPROTO_TCP}, std::uint8_t{IPPROTO_UDP}}) {
    const std::uint32_t states = 1U << (protocol == IPPROTO_TCP ? kListening : kUnconnected);
    WD_TRY(dump_sockets({protocol, states},
                        [&](const inet_diag_msg& each, ByteView) { add_socket(each, protocol, sockets); }));
  }
  return sockets;
}

}  // namespace warder::host
