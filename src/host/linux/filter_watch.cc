#include "host/linux/filter_watch.h"

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <vector>

#include "host/linux/netlink.h"
#include "model/kernel_names.h"

namespace warder::host {
namespace {

constexpr std::size_t kBuffer = 64 << 10;
constexpr int kReceiveBuffer = 4 << 20;

/// Attribute 1 of every message of nftables but those of generations is the table's name.
static_assert(NFTA_TABLE_NAME == 1 && NFTA_CHAIN_TABLE == 1 && NFTA_RULE_TABLE == 1 && NFTA_SET_TABLE == 1 &&
              NFTA_SET_ELEM_LIST_TABLE == 1 && NFTA_OBJ_TABLE == 1);

bool is_ours(const nlmsghdr* header) {
  if (NFNL_SUBSYS_ID(header->nlmsg_type) != NFNL_SUBSYS_NFTABLES) return false;
  const int type = NFNL_MSG_TYPE(header->nlmsg_type);
  if (type == NFT_MSG_NEWGEN || type == NFT_MSG_TRACE) return false;
  const auto* const end = static_cast<const char*>(::mnl_nlmsg_get_payload_tail(header));
  const auto* attribute = static_cast<const nlattr*>(::mnl_nlmsg_get_payload_offset(header, sizeof(nfgenmsg)));
  while (
      ::mnl_attr_ok(attribute, static_cast<int>(end - static_cast<const char*>(static_cast<const void*>(attribute))))) {
    if (::mnl_attr_get_type(attribute) == NFTA_TABLE_NAME) {
      const auto* const text = static_cast<const char*>(::mnl_attr_get_payload(attribute));
      const std::string_view name(text, ::mnl_attr_get_payload_len(attribute));
      return name.substr(0, name.find('\0')) == kernel::kNftTable;
    }
    attribute = ::mnl_attr_next(attribute);
  }
  return false;
}

class NetlinkFilterWatch final : public FilterWatch {
 public:
  explicit NetlinkFilterWatch(NetlinkSocket socket) : socket_(std::move(socket)), buffer_(kBuffer) {}

  [[nodiscard]] int fd() const noexcept override { return socket_.fd(); }

  Result<bool> take() override {
    bool is_changed = false;
    while (true) {
      const ssize_t got = ::recv(socket_.fd(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == ENOBUFS) {
        is_changed = true;
        continue;
      }
      if (got < 0 && errno == EAGAIN) return is_changed;
      if (got < 0) return fail_errno("nftables notifications", errno);
      int left = static_cast<int>(got);
      for (const auto* header = static_cast<const nlmsghdr*>(static_cast<const void*>(buffer_.data()));
           ::mnl_nlmsg_ok(header, left); header = ::mnl_nlmsg_next(header, &left)) {
        is_changed = is_changed || is_ours(header);
      }
    }
  }

 private:
  NetlinkSocket socket_;
  std::vector<char> buffer_;
};

}  // namespace

Result<std::unique_ptr<FilterWatch>> open_filter_watch() {
  NetlinkSocket socket = WD_TRY(NetlinkSocket::open());
  const int group = NFNLGRP_NFTABLES;
  if (::setsockopt(socket.fd(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0)
    return fail_errno("nftables notifications", errno);
  const int room = kReceiveBuffer;
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  return std::unique_ptr<FilterWatch>(std::make_unique<NetlinkFilterWatch>(std::move(socket)));
}

}  // namespace warder::host
