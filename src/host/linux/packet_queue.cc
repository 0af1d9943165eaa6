#include "host/linux/packet_queue.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <optional>
#include <sstream>
#include <vector>

#include "base/file.h"
#include "host/linux/netlink.h"

namespace warder::host {
namespace {

constexpr std::size_t kMaxPacket = 0xffff;
constexpr std::size_t kSlot = 0x11000;  // a packet and its attributes; a multiple of their alignment
static_assert(kSlot > kMaxPacket + 1024 && kSlot % alignof(nlmsghdr) == 0);
constexpr int kReceiveBuffer = 32 << 20;
constexpr std::uint16_t kVerdict = NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_VERDICT;
constexpr std::uint16_t kVerdictBatch = NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_VERDICT_BATCH;
constexpr std::uint16_t kConfig = NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_CONFIG;

nlmsghdr* begin(void* buffer, std::uint16_t type, std::uint16_t queue, bool wants_answer) {
  nlmsghdr* const header = ::mnl_nlmsg_put_header(buffer);
  header->nlmsg_type = type;
  header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | (wants_answer ? NLM_F_ACK : 0));
  auto* const family = static_cast<nfgenmsg*>(::mnl_nlmsg_put_extra_header(header, sizeof(nfgenmsg)));
  family->nfgen_family = AF_UNSPEC;
  family->version = NFNETLINK_V0;
  family->res_id = htons(queue);
  return header;
}

ByteView bytes_of(const nlmsghdr* header) {
  return {reinterpret_cast<const std::uint8_t*>(header), header->nlmsg_len};
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

class PacketQueue final : public PacketSource {
 public:
  PacketQueue(NetlinkSocket socket, UniqueFd wake, const PacketQueueOptions& options)
      : socket_(std::move(socket)),
        wake_(std::move(wake)),
        queue_(options.number),
        memory_(std::size_t{options.batch} * kSlot),
        messages_(options.batch),
        vectors_(options.batch) {
    for (std::size_t i = 0; i < messages_.size(); ++i) {
      vectors_[i] = {&memory_[i * kSlot], kSlot};
      messages_[i] = {};
      messages_[i].msg_hdr.msg_iov = &vectors_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
    packets_.reserve(options.batch);
    ids_.reserve(options.batch);
  }

  Result<void> configure(const PacketQueueOptions& options);
  [[nodiscard]] std::string_view mechanism() const noexcept override { return "nfqueue"; }
  Result<std::span<const ReceivedPacket>> receive(std::chrono::milliseconds patience) override;
  Result<void> answer(std::span<const PacketVerdict> verdicts) override;
  [[nodiscard]] PacketSourceCounters counters() const noexcept override;
  void interrupt() noexcept override {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  }

 private:
  void take(const nlmsghdr* header, Timestamp now);
  Result<void> say(std::uint16_t type, std::uint32_t id, const PacketVerdict& verdict);

  NetlinkSocket socket_;
  UniqueFd wake_;
  std::uint16_t queue_;
  std::vector<char> memory_;
  std::vector<mmsghdr> messages_;
  std::vector<iovec> vectors_;
  std::vector<ReceivedPacket> packets_;
  std::vector<std::uint32_t> ids_;
  std::optional<std::uint32_t> last_id_;
  PacketSourceCounters counters_;
};

Result<void> PacketQueue::configure(const PacketQueueOptions& options) {
  const int one = 1;
  const int room = kReceiveBuffer;
  if (::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
    ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  // What does not fit is the queue's loss, counted there; an error on the socket would only tell it late.
  ::setsockopt(socket_.fd(), SOL_NETLINK, NETLINK_NO_ENOBUFS, &one, sizeof one);
  alignas(nlmsghdr) std::array<char, 256> buffer{};
  nlmsghdr* header = begin(buffer.data(), kConfig, queue_, true);
  nfqnl_msg_config_cmd command{};
  command.command = NFQNL_CFG_CMD_BIND;
  ::mnl_attr_put(header, NFQA_CFG_CMD, sizeof command, &command);
  WD_TRY(socket_.request(bytes_of(header), 1, "packet queue " + std::to_string(queue_)));
  header = begin(buffer.data(), kConfig, queue_, true);
  nfqnl_msg_config_params params{};
  params.copy_range = htonl(kMaxPacket);
  params.copy_mode = NFQNL_COPY_PACKET;
  ::mnl_attr_put(header, NFQA_CFG_PARAMS, sizeof params, &params);
  ::mnl_attr_put_u32(header, NFQA_CFG_QUEUE_MAXLEN, htonl(options.max_packets));
  const std::uint32_t flags = (options.takes_whole ? std::uint32_t{NFQA_CFG_F_GSO} : 0U) |
                              (options.fails_open ? std::uint32_t{NFQA_CFG_F_FAIL_OPEN} : 0U);
  ::mnl_attr_put_u32(header, NFQA_CFG_FLAGS, htonl(flags));
  ::mnl_attr_put_u32(header, NFQA_CFG_MASK, htonl(NFQA_CFG_F_GSO | NFQA_CFG_F_FAIL_OPEN));
  return socket_.request(bytes_of(header), 1, "packet queue " + std::to_string(queue_) + ": settings");
}

Result<std::span<const ReceivedPacket>> PacketQueue::receive(std::chrono::milliseconds patience) {
  packets_.clear();
  ids_.clear();
  int got = ::recvmmsg(socket_.fd(), messages_.data(), static_cast<unsigned>(messages_.size()), MSG_DONTWAIT, nullptr);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    std::array<pollfd, 2> polled{{{socket_.fd(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
    const int ready = ::poll(polled.data(), polled.size(), static_cast<int>(patience.count()));
    if (ready < 0 && errno != EINTR) return fail_errno("packet queue: poll", errno);
    if (polled[1].revents != 0) {
      std::uint64_t count = 0;
      [[maybe_unused]] const ssize_t drained = ::read(wake_.get(), &count, sizeof count);
    }
    if (ready <= 0 || polled[0].revents == 0) return std::span<const ReceivedPacket>();
    got = ::recvmmsg(socket_.fd(), messages_.data(), static_cast<unsigned>(messages_.size()), MSG_DONTWAIT, nullptr);
  }
  if (got < 0) {
    if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS) return std::span<const ReceivedPacket>();
    return fail_errno("packet queue: receive", errno);
  }
  timespec clock{};
  ::clock_gettime(CLOCK_REALTIME, &clock);
  const Timestamp now = from_micros(clock.tv_sec * 1'000'000 + clock.tv_nsec / 1000);
  for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
    int left = static_cast<int>(messages_[i].msg_len);
    for (const auto* header = static_cast<const nlmsghdr*>(static_cast<const void*>(&memory_[i * kSlot]));
         ::mnl_nlmsg_ok(header, left); header = ::mnl_nlmsg_next(header, &left)) {
      if (header->nlmsg_type == (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET)) take(header, now);
    }
  }
  return std::span<const ReceivedPacket>(packets_);
}

void PacketQueue::take(const nlmsghdr* header, Timestamp now) {
  ReceivedPacket packet;
  packet.time = now;
  std::uint32_t id = 0;
  std::optional<std::uint32_t> full_length;
  const auto* const end = static_cast<const char*>(::mnl_nlmsg_get_payload_tail(header));
  const auto has_more = [end](const nlattr* attribute) {
    return ::mnl_attr_ok(attribute,
                         static_cast<int>(end - static_cast<const char*>(static_cast<const void*>(attribute)))) != 0;
  };
  for (const auto* attribute = static_cast<const nlattr*>(::mnl_nlmsg_get_payload_offset(header, sizeof(nfgenmsg)));
       has_more(attribute); attribute = ::mnl_attr_next(attribute)) {
    const void* const payload = ::mnl_attr_get_payload(attribute);
    switch (::mnl_attr_get_type(attribute)) {
      case NFQA_PACKET_HDR: {
        nfqnl_msg_packet_hdr head{};
        std::memcpy(&head, payload, sizeof head);
        id = ntohl(head.packet_id);
        packet.hook = hook_of(head.hook);
        break;
      }
      case NFQA_PAYLOAD:
        packet.bytes = {static_cast<const std::uint8_t*>(payload), ::mnl_attr_get_payload_len(attribute)};
        break;
      case NFQA_MARK:
        packet.mark = ntohl(::mnl_attr_get_u32(attribute));
        break;
      case NFQA_IFINDEX_INDEV:
      case NFQA_IFINDEX_OUTDEV:
        packet.interface = ntohl(::mnl_attr_get_u32(attribute));
        break;
      case NFQA_CAP_LEN:
        full_length = ntohl(::mnl_attr_get_u32(attribute));
        break;
      case NFQA_SKB_INFO:
        packet.has_partial_checksums =
            (ntohl(::mnl_attr_get_u32(attribute)) & (NFQA_SKB_CSUMNOTREADY | NFQA_SKB_GSO)) != 0;
        break;
      default:
        break;
    }
  }
  // The kernel numbers what it wants to tell; what did not fit into the socket's buffer is missing.
  if (last_id_) counters_.lost += id - *last_id_ - 1;
  last_id_ = id;
  packet.wire_length = full_length.value_or(static_cast<std::uint32_t>(packet.bytes.size()));
  ++counters_.packets;
  counters_.bytes += packet.bytes.size();
  packets_.push_back(packet);
  ids_.push_back(id);
}

/// Also what a full queue dropped, which has no number. (A full queue that fails open lets pass and counts nothing.)
PacketSourceCounters PacketQueue::counters() const noexcept {
  auto all = counters_;
  constexpr std::size_t kMaxBytes = 1 << 16;
  const auto text = read_file("/proc/thread-self/net/netfilter/nfnetlink_queue", kMaxBytes);
  if (!text) return all;
  std::istringstream lines(*text);
  std::uint64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    // queue, peer, waiting, mode, range, dropped in the queue, dropped on the way to us …
    std::istringstream words(line);
    std::uint64_t other = 0;
    std::uint64_t dropped = 0;
    if (words >> number >> other >> other >> other >> other >> dropped && number == queue_) all.lost += dropped;
  }
  return all;
}

Result<void> PacketQueue::say(std::uint16_t type, std::uint32_t id, const PacketVerdict& verdict) {
  alignas(nlmsghdr) std::array<char, 128> buffer{};
  nlmsghdr* const header = begin(buffer.data(), type, queue_, false);
  nfqnl_msg_verdict_hdr head{};
  head.verdict = htonl(verdict.is_dropped ? NF_DROP : NF_ACCEPT);
  head.id = htonl(id);
  ::mnl_attr_put(header, NFQA_VERDICT_HDR, sizeof head, &head);
  if (verdict.mark) ::mnl_attr_put_u32(header, NFQA_MARK, htonl(*verdict.mark));
  ++counters_.verdict_messages;
  return socket_.send(bytes_of(header));
}

// A batch verdict settles all packets up to an id, so a run of plain accepts is said before anything else is.
Result<void> PacketQueue::answer(std::span<const PacketVerdict> verdicts) {
  std::optional<std::uint32_t> accepted_up_to;
  for (std::size_t i = 0; i < std::min(verdicts.size(), ids_.size()); ++i) {
    const PacketVerdict& verdict = verdicts[i];
    if (verdict == PacketVerdict{}) {
      accepted_up_to = ids_[i];
      continue;
    }
    if (accepted_up_to) WD_TRY(say(kVerdictBatch, *accepted_up_to, {}));
    accepted_up_to.reset();
    if (verdict.is_dropped) ++counters_.dropped;
    WD_TRY(say(kVerdict, ids_[i], verdict));
  }
  if (accepted_up_to) WD_TRY(say(kVerdictBatch, *accepted_up_to, {}));
  return {};
}

}  // namespace

Result<std::unique_ptr<PacketSource>> open_packet_queue(const PacketQueueOptions& options) {
  NetlinkSocket socket = WD_TRY(NetlinkSocket::open());
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.is_open()) return fail_errno("eventfd", errno);
  auto queue = std::make_unique<PacketQueue>(std::move(socket), std::move(wake), options);
  WD_TRY(queue->configure(options));
  return std::unique_ptr<PacketSource>(std::move(queue));
}

}  // namespace warder::host
