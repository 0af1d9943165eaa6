#include "host/linux/packet_log.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <vector>

#include "host/linux/netlink.h"

namespace warder::host {
namespace {

constexpr std::uint16_t kConfig = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG;
constexpr std::uint16_t kPacket = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET;
constexpr std::size_t kBuffer = 256 << 10;
constexpr std::uint32_t kKernelBuffer = 128 << 10;  // the kernel's own limit (nfnetlink_log.c)

nlmsghdr* begin(void* buffer, std::uint16_t group) {
  nlmsghdr* const header = ::mnl_nlmsg_put_header(buffer);
  header->nlmsg_type = kConfig;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  auto* const family = static_cast<nfgenmsg*>(::mnl_nlmsg_put_extra_header(header, sizeof(nfgenmsg)));
  family->nfgen_family = AF_UNSPEC;
  family->version = NFNETLINK_V0;
  family->res_id = htons(group);
  return header;
}

ByteView payload_of(const nlattr* attribute) {
  return {static_cast<const std::uint8_t*>(::mnl_attr_get_payload(attribute)), ::mnl_attr_get_payload_len(attribute)};
}

template <class T>
std::optional<T> as(const nlattr* attribute) {
  T value{};
  const ByteView bytes = payload_of(attribute);
  if (bytes.size() < sizeof value) return std::nullopt;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::uint32_t number(const nlattr* attribute) {
  return ntohl(as<std::uint32_t>(attribute).value_or(0));
}

PacketHook hook_of(std::uint8_t hook) noexcept {
  switch (hook) {
    case NF_INET_PRE_ROUTING:
    case NF_INET_LOCAL_IN:
      return PacketHook::In;
    case NF_INET_LOCAL_OUT:
    case NF_INET_POST_ROUTING:
      return PacketHook::Out;
    case NF_INET_FORWARD:
      return PacketHook::Forward;
    default:
      return PacketHook::Unknown;
  }
}

class NetlinkPacketLog final : public PacketLog {
 public:
  explicit NetlinkPacketLog(NetlinkSocket socket) : socket_(std::move(socket)), buffer_(kBuffer) {}

  [[nodiscard]] int fd() const noexcept override { return socket_.fd(); }
  [[nodiscard]] PacketLogCounters counters() const noexcept override { return counters_; }

  Result<void> configure(const PacketLogOptions& options) {
    const int one = 1;
    if (::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &options.receive_buffer,
                     sizeof options.receive_buffer) != 0)
      ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVBUF, &options.receive_buffer, sizeof options.receive_buffer);
    ::setsockopt(socket_.fd(), SOL_NETLINK, NETLINK_NO_ENOBUFS, &one, sizeof one);  // the sequence numbers tell of loss
    const std::string what = "packet log " + std::to_string(options.group);
    alignas(nlmsghdr) std::array<char, 256> buffer{};
    nlmsghdr* header = begin(buffer.data(), options.group);
    nfulnl_msg_config_cmd command{};
    command.command = NFULNL_CFG_CMD_BIND;
    ::mnl_attr_put(header, NFULA_CFG_CMD, sizeof command, &command);
    WD_TRY(socket_.request(bytes_of(header), 1, what));
    header = begin(buffer.data(), options.group);
    nfulnl_msg_config_mode mode{};
    mode.copy_mode = NFULNL_COPY_PACKET;
    mode.copy_range = htonl(options.copy_bytes);
    ::mnl_attr_put(header, NFULA_CFG_MODE, sizeof mode, &mode);
    ::mnl_attr_put_u32(header, NFULA_CFG_NLBUFSIZ, htonl(kKernelBuffer));
    ::mnl_attr_put_u32(header, NFULA_CFG_QTHRESH, htonl(options.batch));
    ::mnl_attr_put_u32(header, NFULA_CFG_TIMEOUT, htonl(static_cast<std::uint32_t>(options.flush.count() / 10)));
    ::mnl_attr_put_u16(header, NFULA_CFG_FLAGS, htons(NFULNL_CFG_F_SEQ));
    return socket_.request(bytes_of(header), 1, what + ": settings");
  }

  Result<std::span<const LoggedPacket>> take() override {
    packets_.clear();
    const ssize_t got = ::recv(socket_.fd(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)) return std::span<const LoggedPacket>();
    if (got < 0) return fail_errno("packet log", errno);
    timespec clock{};
    ::clock_gettime(CLOCK_REALTIME, &clock);
    const Timestamp now = from_micros(clock.tv_sec * 1'000'000 + clock.tv_nsec / 1000);
    int left = static_cast<int>(got);
    for (const auto* header = static_cast<const nlmsghdr*>(static_cast<const void*>(buffer_.data()));
         ::mnl_nlmsg_ok(header, left); header = ::mnl_nlmsg_next(header, &left)) {
      if (header->nlmsg_type == kPacket) add(header, now);
    }
    return std::span<const LoggedPacket>(packets_);
  }

 private:
  static ByteView bytes_of(const nlmsghdr* header) {
    return {reinterpret_cast<const std::uint8_t*>(header), header->nlmsg_len};
  }

  void add(const nlmsghdr* header, Timestamp now) {
    LoggedPacket packet;
    packet.time = now;
    const auto* const end = static_cast<const char*>(::mnl_nlmsg_get_payload_tail(header));
    const auto has_more = [end](const nlattr* attribute) {
      return ::mnl_attr_ok(attribute,
                           static_cast<int>(end - static_cast<const char*>(static_cast<const void*>(attribute)))) != 0;
    };
    for (const auto* attribute = static_cast<const nlattr*>(::mnl_nlmsg_get_payload_offset(header, sizeof(nfgenmsg)));
         has_more(attribute); attribute = ::mnl_attr_next(attribute)) {
      take_attribute(attribute, packet);
    }
    ++counters_.packets;
    packets_.push_back(packet);
  }

  void take_attribute(const nlattr* attribute, LoggedPacket& packet) {
    switch (::mnl_attr_get_type(attribute)) {
      case NFULA_PACKET_HDR:
        if (const auto head = as<nfulnl_msg_packet_hdr>(attribute)) packet.hook = hook_of(head->hook);
        break;
      case NFULA_PREFIX: {
        const ByteView text = payload_of(attribute);
        const std::string_view all(reinterpret_cast<const char*>(text.data()), text.size());
        packet.prefix = all.substr(0, all.find('\0'));
        break;
      }
      case NFULA_IFINDEX_INDEV:
        packet.in_interface = number(attribute);
        break;
      case NFULA_IFINDEX_OUTDEV:
        packet.out_interface = number(attribute);
        break;
      case NFULA_UID:
        packet.uid = number(attribute);
        break;
      case NFULA_HWADDR:
        if (const auto address = as<nfulnl_msg_packet_hw>(attribute)) {
          const std::size_t length = std::min<std::size_t>(ntohs(address->hw_addrlen), sizeof address->hw_addr);
          packet.mac = payload_of(attribute).subspan(offsetof(nfulnl_msg_packet_hw, hw_addr), length);
        }
        break;
      case NFULA_PAYLOAD:
        packet.bytes = payload_of(attribute);
        break;
      case NFULA_SEQ: {
        const std::uint32_t sequence = number(attribute);
        if (next_ && sequence != *next_) counters_.lost += sequence - *next_;
        next_ = sequence + 1;
        break;
      }
      default:
        break;
    }
  }

  NetlinkSocket socket_;
  std::vector<char> buffer_;
  std::vector<LoggedPacket> packets_;
  std::optional<std::uint32_t> next_;
  PacketLogCounters counters_;
};

}  // namespace

Result<std::unique_ptr<PacketLog>> open_packet_log(const PacketLogOptions& options) {
  auto log = std::make_unique<NetlinkPacketLog>(WD_TRY(NetlinkSocket::open()));
  WD_TRY(log->configure(options));
  return std::unique_ptr<PacketLog>(std::move(log));
}

}  // namespace warder::host
