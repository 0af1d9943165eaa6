#include "host/linux/process_link.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <linux/rtnetlink.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <set>
#include <string>

#include "base/bytes.h"
#include "base/text.h"
#include "host/linux/sock_diag.h"

namespace warder::host {
namespace {

constexpr unsigned kEstablished = 1;  // linux/net/tcp_states.h
constexpr unsigned kSynSent = 2;

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

}  // namespace

Result<std::vector<TcpLink>> tcp_links_of(std::int32_t pid) {
  const auto inodes = WD_TRY(socket_inodes(pid));
  std::vector<TcpLink> links;
  const SocketQuery query{IPPROTO_TCP, 1U << kEstablished | 1U << kSynSent, 1U << (INET_DIAG_INFO - 1)};
  WD_TRY(dump_sockets(query, [&](const inet_diag_msg& each, ByteView attributes) {
    if (!inodes.contains(each.idiag_inode)) return;
    TcpLink link;
    link.peer = address_in(&each.id.idiag_dst[0], each.idiag_family);
    link.port = ntohs(each.id.idiag_dport);
    link.is_established = each.idiag_state == kEstablished;
    link.silence = silence_in(attributes);
    if (!link.peer.is_loopback()) links.push_back(link);
  }));
  return links;
}

}  // namespace warder::host
