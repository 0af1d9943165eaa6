#include "base/datagram.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace warder {

Result<void> send_datagram(int socket, std::string_view bytes, int file, bool blocks) {
  iovec part{const_cast<char*>(bytes.data()),
             bytes.size()};  // NOLINT(cppcoreguidelines-pro-type-const-cast): sendmsg(2)
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  if (file >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &file, sizeof file);
  }
  while (::sendmsg(socket, &message, MSG_NOSIGNAL | (blocks ? 0 : MSG_DONTWAIT)) < 0) {
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == ENOBUFS) return fail(ErrorCode::TooMany, "datagram: the other side is behind");
    return fail(ErrorCode::Unavailable,
                std::string("datagram: ") + std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
  }
  return {};
}

Result<std::optional<ReceivedDatagram>> receive_datagram(int socket, char* buffer, std::size_t size) {
  iovec part{buffer, size};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t bytes = -1;
  while ((bytes = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0) {
    if (errno == EAGAIN) return std::nullopt;
    if (errno != EINTR) return fail(ErrorCode::Unavailable, "datagram: the other side is gone");
  }
  ReceivedDatagram datagram;
  datagram.bytes = static_cast<std::size_t>(bytes);
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    int file = -1;
    std::memcpy(&file, CMSG_DATA(header), sizeof file);
    datagram.file = UniqueFd(file);
  }
  if (bytes == 0) return fail(ErrorCode::Unavailable, "datagram: the other side is gone");
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
    return fail(ErrorCode::Corrupt, "datagram: longer than expected");
  return datagram;
}

}  // namespace warder
