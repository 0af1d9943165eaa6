// An nfnetlink socket as libmnl has it, owned; and messages to it.
#pragma once

#include <libmnl/libmnl.h>

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"

namespace warder::host {

class NetlinkSocket {
 public:
  static Result<NetlinkSocket> open();
  [[nodiscard]] int fd() const noexcept { return ::mnl_socket_get_fd(socket_.get()); }
  [[nodiscard]] std::uint32_t port() const noexcept { return ::mnl_socket_get_portid(socket_.get()); }
  Result<void> send(ByteView message) const;
  /// Sends, and waits for the kernel's answer to each message that asked for one (`answers` of them); the first refusal
  /// is the result.
  Result<void> request(ByteView message, unsigned answers, std::string_view what) const;

 private:
  struct Close {
    void operator()(mnl_socket* socket) const noexcept { ::mnl_socket_close(socket); }
  };
  explicit NetlinkSocket(mnl_socket* socket) : socket_(socket) {}
  std::unique_ptr<mnl_socket, Close> socket_;
};

}  // namespace warder::host
