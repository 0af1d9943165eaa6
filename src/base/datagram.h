// Datagrams between processes of ours, over SOCK_SEQPACKET sockets: bytes, and at most one open file with them.
#pragma once

#include <optional>
#include <string_view>

#include "base/file.h"
#include "base/result.h"

namespace warder {

/// Sends bytes, and a file if `file` >= 0. Unavailable when the other side is gone; TooMany when it would block and
/// `blocks` is false.
Result<void> send_datagram(int socket, std::string_view bytes, int file, bool blocks);

struct ReceivedDatagram {
  std::size_t bytes = 0;
  UniqueFd file;  // closed: none came with it
};
/// Receives one datagram into `buffer`. nullopt: there is none now (a socket that does not block). Unavailable at the
/// end, Corrupt when it is longer than the buffer.
Result<std::optional<ReceivedDatagram>> receive_datagram(int socket, char* buffer, std::size_t size);

}  // namespace warder
