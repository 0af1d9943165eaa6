#include "host/linux/process_link.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <set>
#include <string>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"

namespace warder::host {
namespace {

constexpr unsigned kEstablished = 1;  // linux/net/tcp_states.h
constexpr unsigned kSynSent = 2;

struct Request {
  nlmsghdr header;
  inet_diag_req_v2 body;
};

/// The inodes of the sockets that a process has open.
Result<std::set<std::uint32_t>> socket_inodes(std::int32_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(folder.c_str()), &::closedir);
  if (!directory) return fail_errno(folder, errno);
  std::set<std::uint32_t> inodes;
  while (const dirent* entry = ::readdir(directory.get())) {  // NOLINT(concurrency-mt-unsafe): a stream of our own
    std::array<char, 64> target{};
    const ssize_t size = ::readlinkat(::dirfd(directory.get()), &entry->d_name[0], target.data(), target.size());
    const std::string_view text(target.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    if (!text.starts_with("socket:[") || !text.ends_with(']')) continue;
    if (const auto inode = parse_integer<std::uint32_t>(text.substr(8, text.size() - 9))) inodes.insert(*inode);
  }
  return inodes;
}

IpAddress address_of(const __be32* words, std::uint8_t family) {
  if (family == AF_INET) return IpAddress::v4(ntohl(words[0]));
  std::array<std::uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), words, bytes.size());
  return IpAddress::v6(bytes);
}

std::chrono::milliseconds silence_in(ByteView attributes) {
  while (attributes.size() >= sizeof(rtattr)) {
    rtattr head{};
    std::memcpy(&head, attributes.data(), sizeof head);
    if (head.rta_len < sizeof head || head.rta_len > attributes.size()) break;
    if (head.rta_type == INET_DIAG_INFO) {
      tcp_info info{};
      const ByteView body = attributes.subspan(RTA_LENGTH(0), head.rta_len - RTA_LENGTH(0));
      std::memcpy(&info, body.data(), std::min(body.size(), sizeof info));
      return std::chrono::milliseconds{std::min(info.tcpi_last_data_recv, info.tcpi_last_ack_recv)};
    }
    attributes = attributes.subspan(std::min<std::size_t>(RTA_ALIGN(head.rta_len), attributes.size()));
  }
  return std::chrono::milliseconds::max();
}

void add_socket(ByteView body, const std::set<std::uint32_t>& inodes, std::vector<TcpLink>& out) {
  inet_diag_msg message{};
  if (body.size() < sizeof message) return;
  std::memcpy(&message, body.data(), sizeof message);
  if (!inodes.contains(message.idiag_inode)) return;
  TcpLink link;
  link.peer = address_of(&message.id.idiag_dst[0], message.idiag_family);
  link.port = ntohs(message.id.idiag_dport);
  link.is_established = message.idiag_state == kEstablished;
  link.silence = silence_in(body.subspan(std::min<std::size_t>(NLMSG_ALIGN(sizeof message), body.size())));
  if (!link.peer.is_loopback()) out.push_back(link);
}

/// True: the answer is whole.
Result<bool> take_datagram(ByteView bytes, const std::set<std::uint32_t>& inodes, std::vector<TcpLink>& out) {
  while (bytes.size() >= sizeof(nlmsghdr)) {
    nlmsghdr header{};
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > bytes.size()) break;
    if (header.nlmsg_type == NLMSG_DONE) return true;
    if (header.nlmsg_type == NLMSG_ERROR) return fail_errno("sock_diag", EPROTO);
    add_socket(bytes.subspan(NLMSG_HDRLEN, header.nlmsg_len - NLMSG_HDRLEN), inodes, out);
    bytes = bytes.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), bytes.size()));
  }
  return false;
}

}  // namespace

Result<std::vector<TcpLink>> tcp_links_of(std::int32_t pid) {
  const auto inodes = WD_TRY(socket_inodes(pid));
  const UniqueFd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!fd.is_open()) return fail_errno("sock_diag", errno);
  std::vector<TcpLink> links;
  std::vector<std::uint8_t> buffer(64 << 10);
  for (const auto family : {std::uint8_t{AF_INET}, std::uint8_t{AF_INET6}}) {
    Request request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.body.sdiag_family = family;
    request.body.sdiag_protocol = IPPROTO_TCP;
    request.body.idiag_states = 1U << kEstablished | 1U << kSynSent;
    request.body.idiag_ext = 1U << (INET_DIAG_INFO - 1);
    if (::send(fd.get(), &request, sizeof request, 0) < 0) return fail_errno("sock_diag", errno);
    bool is_whole = false;
    while (!is_whole) {
      const ssize_t size = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return fail_errno("sock_diag", errno);
      is_whole = WD_TRY(take_datagram(ByteView(buffer).first(static_cast<std::size_t>(size)), inodes, links));
    }
  }
  return links;
}

}  // namespace warder::host
