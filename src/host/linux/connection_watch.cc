#include "host/linux/connection_watch.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/bytes.h"
#include "host/linux/netlink.h"

namespace warder::host {
namespace {

constexpr std::size_t kBuffer = 64 << 10;
constexpr int kReceiveBuffer = 8 << 20;

ByteView payload_of(const nlattr* attribute) {
  return {static_cast<const std::uint8_t*>(::mnl_attr_get_payload(attribute)), ::mnl_attr_get_payload_len(attribute)};
}

/// Calls `use` with each attribute of a range of bytes.
template <class Use>
void for_each(const void* begin, const void* end, Use use) {
  const auto* attribute = static_cast<const nlattr*>(begin);
  const auto left = [&] {
    return static_cast<int>(static_cast<const char*>(end) -
                            static_cast<const char*>(static_cast<const void*>(attribute)));
  };
  for (; ::mnl_attr_ok(attribute, left()); attribute = ::mnl_attr_next(attribute)) use(attribute);
}

template <class Use>
void for_each_nested(const nlattr* nest, Use use) {
  const ByteView inside = payload_of(nest);
  for_each(inside.data(), inside.data() + inside.size(), use);
}

std::optional<IpAddress> address_of(const nlattr* attribute) {
  const ByteView bytes = payload_of(attribute);
  if (bytes.size() == 4) {
    std::uint32_t raw = 0;
    std::memcpy(&raw, bytes.data(), sizeof raw);
    return IpAddress::v4(ntohl(raw));
  }
  std::array<std::uint8_t, 16> raw{};
  if (bytes.size() != raw.size()) return std::nullopt;
  std::memcpy(raw.data(), bytes.data(), raw.size());
  return IpAddress::v6(raw);
}

std::uint16_t port_of(const nlattr* attribute) {
  std::uint16_t raw = 0;
  if (payload_of(attribute).size() >= sizeof raw) std::memcpy(&raw, payload_of(attribute).data(), sizeof raw);
  return ntohs(raw);
}

void take_protocol(const nlattr* nest, ConnectionRecord& record) {
  for_each_nested(nest, [&](const nlattr* attribute) {
    switch (::mnl_attr_get_type(attribute)) {
      case CTA_PROTO_NUM:
        if (!payload_of(attribute).empty()) record.protocol = payload_of(attribute).front();
        break;
      case CTA_PROTO_SRC_PORT:
        record.source_port = port_of(attribute);
        break;
      case CTA_PROTO_DST_PORT:
        record.destination_port = port_of(attribute);
        break;
      default:
        break;
    }
  });
}

void take_tuple(const nlattr* nest, ConnectionRecord& record) {
  for_each_nested(nest, [&](const nlattr* attribute) {
    const auto type = ::mnl_attr_get_type(attribute);
    if (type == CTA_TUPLE_PROTO) take_protocol(attribute, record);
    if (type != CTA_TUPLE_IP) return;
    for_each_nested(attribute, [&](const nlattr* end) {
      const auto side = ::mnl_attr_get_type(end);
      const auto address = address_of(end);
      if (!address) return;
      if (side == CTA_IP_V4_SRC || side == CTA_IP_V6_SRC) record.source = *address;
      if (side == CTA_IP_V4_DST || side == CTA_IP_V6_DST) record.destination = *address;
    });
  });
}

void take_counters(const nlattr* nest, ConnectionRecord& record) {
  for_each_nested(nest, [&](const nlattr* attribute) {
    std::uint64_t raw = 0;
    if (payload_of(attribute).size() < sizeof raw) return;
    std::memcpy(&raw, payload_of(attribute).data(), sizeof raw);
    if (::mnl_attr_get_type(attribute) == CTA_COUNTERS_PACKETS)
      record.packets = record.packets.value_or(0) + be64toh(raw);
    if (::mnl_attr_get_type(attribute) == CTA_COUNTERS_BYTES) record.bytes = record.bytes.value_or(0) + be64toh(raw);
  });
}

class NetlinkConnectionWatch final : public ConnectionWatch {
 public:
  explicit NetlinkConnectionWatch(NetlinkSocket socket) : socket_(std::move(socket)), buffer_(kBuffer) {}

  [[nodiscard]] int fd() const noexcept override { return socket_.fd(); }
  [[nodiscard]] std::uint64_t overflows() const noexcept override { return overflows_; }

  Result<std::span<const ConnectionRecord>> take() override {
    records_.clear();
    const ssize_t got = ::recv(socket_.fd(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got < 0 && errno == ENOBUFS) ++overflows_;
    if (got < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)) return std::span<const ConnectionRecord>();
    if (got < 0) return fail_errno("conntrack notifications", errno);
    int left = static_cast<int>(got);
    for (const auto* header = static_cast<const nlmsghdr*>(static_cast<const void*>(buffer_.data()));
         ::mnl_nlmsg_ok(header, left); header = ::mnl_nlmsg_next(header, &left)) {
      add(header);
    }
    return std::span<const ConnectionRecord>(records_);
  }

 private:
  void add(const nlmsghdr* header) {
    if (NFNL_SUBSYS_ID(header->nlmsg_type) != NFNL_SUBSYS_CTNETLINK) return;
    ConnectionRecord record;
    record.is_new = NFNL_MSG_TYPE(header->nlmsg_type) == IPCTNL_MSG_CT_NEW;
    for_each(::mnl_nlmsg_get_payload_offset(header, sizeof(nfgenmsg)), ::mnl_nlmsg_get_payload_tail(header),
             [&](const nlattr* attribute) {
               const auto type = ::mnl_attr_get_type(attribute);
               if (type == CTA_TUPLE_ORIG) take_tuple(attribute, record);
               if (type == CTA_COUNTERS_ORIG || type == CTA_COUNTERS_REPLY) take_counters(attribute, record);
             });
    records_.push_back(record);
  }

  NetlinkSocket socket_;
  std::vector<char> buffer_;
  std::vector<ConnectionRecord> records_;
  std::uint64_t overflows_ = 0;
};

}  // namespace

Result<std::unique_ptr<ConnectionWatch>> open_connection_watch() {
  NetlinkSocket socket = WD_TRY(NetlinkSocket::open());
  for (const int group : {int{NFNLGRP_CONNTRACK_NEW}, int{NFNLGRP_CONNTRACK_DESTROY}})
    if (::setsockopt(socket.fd(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0)
      return fail_errno("conntrack notifications", errno);
  const int room = kReceiveBuffer;
  if (::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
    ::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  return std::unique_ptr<ConnectionWatch>(std::make_unique<NetlinkConnectionWatch>(std::move(socket)));
}

}  // namespace warder::host
