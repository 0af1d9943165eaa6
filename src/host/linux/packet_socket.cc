#include "host/linux/packet_socket.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <vector>

#include "base/file.h"

namespace warder::host {
namespace {

constexpr std::size_t kSlot = 0x10000 + 64;  // a whole packet before segmentation
constexpr int kReceiveBuffer = 16 << 20;

class PacketSocket final : public PacketSource {
 public:
  PacketSocket(UniqueFd socket, UniqueFd wake, std::uint32_t batch)
      : socket_(std::move(socket)),
        wake_(std::move(wake)),
        memory_(std::size_t{batch} * kSlot),
        messages_(batch),
        vectors_(batch),
        senders_(batch) {
    packets_.reserve(batch);
  }
  [[nodiscard]] std::string_view mechanism() const noexcept override { return "af_packet"; }
  Result<std::span<const ReceivedPacket>> receive(std::chrono::milliseconds patience) override;
  Result<void> answer(std::span<const PacketVerdict> /*verdicts*/) override { return {}; }
  [[nodiscard]] PacketSourceCounters counters() const noexcept override;
  void interrupt() noexcept override {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  }

 private:
  UniqueFd socket_;
  UniqueFd wake_;
  std::vector<std::uint8_t> memory_;
  std::vector<mmsghdr> messages_;
  std::vector<iovec> vectors_;
  std::vector<sockaddr_ll> senders_;
  std::vector<ReceivedPacket> packets_;
  mutable PacketSourceCounters counters_;
};

Result<std::span<const ReceivedPacket>> PacketSocket::receive(std::chrono::milliseconds patience) {
  packets_.clear();
  std::array<pollfd, 2> polled{{{socket_.get(), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
  const int ready = ::poll(polled.data(), polled.size(), static_cast<int>(patience.count()));
  if (ready < 0 && errno != EINTR) return fail_errno("packet socket: poll", errno);
  if (polled[1].revents != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t drained = ::read(wake_.get(), &count, sizeof count);
  }
  if (ready <= 0 || polled[0].revents == 0) return std::span<const ReceivedPacket>();
  for (std::size_t i = 0; i < messages_.size(); ++i) {
    vectors_[i] = {&memory_[i * kSlot], kSlot};
    messages_[i] = {};
    messages_[i].msg_hdr.msg_iov = &vectors_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
    messages_[i].msg_hdr.msg_name = &senders_[i];
    messages_[i].msg_hdr.msg_namelen = sizeof senders_[i];
  }
  const int got = ::recvmmsg(socket_.get(), messages_.data(), static_cast<unsigned>(messages_.size()),
                             MSG_DONTWAIT | MSG_TRUNC, nullptr);
  if (got < 0) {
    if (errno == EAGAIN || errno == EINTR || errno == ENETDOWN) return std::span<const ReceivedPacket>();
    return fail_errno("packet socket: receive", errno);
  }
  timespec clock{};
  ::clock_gettime(CLOCK_REALTIME, &clock);
  for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
    ReceivedPacket packet;
    packet.time = from_micros(clock.tv_sec * 1'000'000 + clock.tv_nsec / 1000);
    packet.wire_length = messages_[i].msg_len;
    packet.bytes = {&memory_[i * kSlot], std::min<std::size_t>(messages_[i].msg_len, kSlot)};
    packet.link = 1;
    packet.hook = senders_[i].sll_pkttype == PACKET_OUTGOING ? PacketHook::Out : PacketHook::In;
    packet.interface = static_cast<std::uint32_t>(senders_[i].sll_ifindex);
    packet.has_partial_checksums = packet.hook == PacketHook::Out;  // the hardware may fill them in later
    ++counters_.packets;
    counters_.bytes += packet.bytes.size();
    packets_.push_back(packet);
  }
  return std::span<const ReceivedPacket>(packets_);
}

PacketSourceCounters PacketSocket::counters() const noexcept {
  tpacket_stats stats{};
  socklen_t size = sizeof stats;
  // Reading sets the kernel's count to zero.
  if (::getsockopt(socket_.get(), SOL_PACKET, PACKET_STATISTICS, &stats, &size) == 0) counters_.lost += stats.tp_drops;
  return counters_;
}

}  // namespace

Result<std::unique_ptr<PacketSource>> open_packet_socket(const PacketSocketOptions& options) {
  UniqueFd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return fail_errno("packet socket", errno);
  const int room = kReceiveBuffer;
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  if (!options.interface.empty()) {
    address.sll_ifindex = static_cast<int>(::if_nametoindex(options.interface.c_str()));
    if (address.sll_ifindex == 0) return fail(ErrorCode::NotFound, options.interface + ": no such interface");
  }
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail_errno("packet socket: bind", errno);
  UniqueFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.is_open()) return fail_errno("eventfd", errno);
  return std::unique_ptr<PacketSource>(
      std::make_unique<PacketSocket>(std::move(socket), std::move(wake), options.batch));
}

}  // namespace warder::host
