#include "scanner/protocol.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace warder::scanner {
namespace {

constexpr std::size_t kMaxWarnings = 100;

}  // namespace

Result<void> send(int socket, const json::object& object, int fd) {
  std::string text = json::serialize(object);
  if (text.size() > kMaxDatagramBytes) return fail(ErrorCode::TooLarge, "a message to the scanner is too long");
  iovec part{text.data(), text.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  if (fd >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  while (::sendmsg(socket, &message, MSG_NOSIGNAL) < 0) {
    if (errno == EINTR) continue;
    return fail(ErrorCode::Unavailable, std::string("the scanner is gone: ") + std::strerror(errno));
  }
  return {};
}

Result<Datagram> receive(int socket) {
  std::string text(kMaxDatagramBytes, '\0');
  iovec part{text.data(), text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t bytes = -1;
  while ((bytes = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0)
    if (errno != EINTR) return fail_errno("recvmsg", errno);
  Datagram datagram;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    datagram.file = UniqueFd(fd);
  }
  if (bytes == 0) return fail(ErrorCode::Unavailable, "the scanner is gone");
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return fail(ErrorCode::Corrupt, "a message is too long");
  json::value value = WD_TRY(parse_json(std::string_view(text).substr(0, static_cast<std::size_t>(bytes))));
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "a message is not an object");
  datagram.object = std::move(value.get_object());
  return datagram;
}

json::object to_json(const Info& info) {
  json::array warnings;
  for (const std::string& each : info.warnings)
    if (warnings.size() < kMaxWarnings) warnings.push_back(json::string(each.substr(0, 500)));
  return {{"state", "ready"},
          {"signatures", info.signatures},
          {"rules", info.rules},
          {"version", json::string(info.version)},
          {"warnings", std::move(warnings)}};
}

Result<Info> info_from_json(const json::object& object) {
  if (WD_TRY(get_string(object, "state")) != "ready")
    return fail(ErrorCode::Invalid, std::string(get_string(object, "error").value_or("the scanner did not start")));
  Info info;
  info.signatures = static_cast<std::uint64_t>(WD_TRY(get_int(object, "signatures")));
  info.rules = static_cast<std::uint64_t>(WD_TRY(get_int(object, "rules")));
  info.version = WD_TRY(get_string(object, "version"));
  for (const json::value& each : *WD_TRY(get_array(object, "warnings")))
    if (each.is_string()) info.warnings.emplace_back(each.get_string());
  return info;
}

}  // namespace warder::scanner
