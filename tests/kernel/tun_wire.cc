#include "tun_wire.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace warder::wire {
namespace {

using namespace packet::testing;
namespace flag = packet::tcp_flag;

constexpr std::size_t kIpv4Header = 20;
constexpr std::size_t kIpv6Header = 40;
constexpr std::uint8_t kFragmentHeader = 44;
constexpr std::uint8_t kTcp = 6;

unsigned get16(const Bytes& bytes, std::size_t at) {
  return static_cast<unsigned>(bytes[at]) << 8U | bytes[at + 1];
}
std::uint32_t get32(const Bytes& bytes, std::size_t at) {
  return get16(bytes, at) << 16U | get16(bytes, at + 2);
}

bool run(const std::string& command) {
  return std::system(command.c_str()) == 0;  // NOLINT(cert-env33-c,concurrency-mt-unsafe): of a test, fixed words
}

}  // namespace

Result<TunWire> TunWire::open(const std::string& name) {
  UniqueFd fd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!fd.is_open()) return fail_errno("/dev/net/tun", errno);
  ifreq request{};
  std::copy_n(name.begin(), std::min<std::size_t>(name.size(), IFNAMSIZ - 1), static_cast<char*>(request.ifr_name));
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (::ioctl(fd.get(), TUNSETIFF, &request) != 0) return fail_errno("TUNSETIFF", errno);
  const bool is_up = run("ip address add " + std::string(kHost4) + "/24 dev " + name) &&
                     run("ip -6 address add " + std::string(kHost6) + "/64 dev " + name + " nodad") &&
                     run("ip link set " + name + " up");
  if (!is_up) return fail(ErrorCode::Unavailable, "ip: the device could not be set up");
  return TunWire(std::move(fd));
}

void TunWire::write(const Bytes& packet) const {
  [[maybe_unused]] const ssize_t written = ::write(fd_.get(), packet.data(), packet.size());
}

std::optional<Bytes> TunWire::read(std::chrono::milliseconds patience) const {
  pollfd polled{fd_.get(), POLLIN, 0};
  if (::poll(&polled, 1, static_cast<int>(patience.count())) <= 0) return std::nullopt;
  Bytes bytes(65'536);
  const ssize_t got = ::read(fd_.get(), bytes.data(), bytes.size());
  if (got <= 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

TunClient::TunClient(TunWire& wire, std::uint16_t port, std::uint16_t server_port, bool is_v6)
    : wire_(wire), port_(port), server_port_(server_port), is_v6_(is_v6) {}

Bytes TunClient::packet(std::uint8_t flags, std::uint32_t sequence, std::string_view text) const {
  TcpSpec spec;
  spec.source_port = port_;
  spec.destination_port = server_port_;
  spec.sequence = sequence;
  spec.acknowledgment = (flags & flag::kAck) != 0 ? next_ : 0;
  spec.flags = flags;
  spec.payload = from_text(text);
  if (is_v6_) return with_checksum(ipv6(kPeer6, kHost6, kTcp, tcp(spec)));
  Ipv4Spec ip;
  ip.source = kPeer4;
  ip.destination = kHost4;
  ip.id = static_cast<std::uint16_t>(sequence);
  return with_checksum(ipv4(ip, tcp(spec)));
}

bool TunClient::connect() {
  for (int attempt = 0; attempt < 5 && !is_connected_; ++attempt) {
    wire_.write(packet(flag::kSyn, first_ - 1, {}));
    for (int i = 0; i < 50 && !is_connected_; ++i) {
      if (const auto got = wire_.read(std::chrono::milliseconds(20))) take(*got);
    }
  }
  if (is_connected_) wire_.write(packet(flag::kAck, first_, {}));
  return is_connected_;
}

void TunClient::segment(std::size_t offset, std::string_view text) {
  wire_.write(packet(flag::kAck | flag::kPsh, first_ + static_cast<std::uint32_t>(offset), text));
}

void TunClient::fragments(std::size_t offset, std::string_view text, std::size_t size) {
  const auto whole = packet(flag::kAck | flag::kPsh, first_ + static_cast<std::uint32_t>(offset), text);
  const std::size_t header = is_v6_ ? kIpv6Header : kIpv4Header;
  const Bytes body(whole.begin() + static_cast<std::ptrdiff_t>(header), whole.end());
  std::vector<Bytes> parts;
  for (std::size_t at = 0; at < body.size(); at += size) {
    const auto end = std::min(body.size(), at + size);
    const Bytes part(body.begin() + static_cast<std::ptrdiff_t>(at), body.begin() + static_cast<std::ptrdiff_t>(end));
    const unsigned more = end < body.size() ? 1U : 0U;
    if (is_v6_) {
      Bytes extension{kTcp, 0, 0, 0, 0, 0, 0, 7};
      put16(extension, 2, static_cast<unsigned>(at) | more);
      parts.push_back(ipv6(kPeer6, kHost6, kFragmentHeader, extension + part));
      continue;
    }
    Ipv4Spec ip;
    ip.source = kPeer4;
    ip.destination = kHost4;
    ip.id = static_cast<std::uint16_t>(4242 + port_);
    ip.fragment = static_cast<std::uint16_t>(at / 8 | more << 13U);
    parts.push_back(ipv4(ip, part));
  }
  std::ranges::reverse(parts);
  for (const Bytes& part : parts) wire_.write(part);
}

void TunClient::take(const Bytes& packet) {
  const bool is_v6 = packet[0] >> 4U == 6;
  const std::size_t header = is_v6 ? kIpv6Header : kIpv4Header;
  if (is_v6 != is_v6_ || packet.size() < header + 20 || packet[is_v6 ? 6 : 9] != kTcp) return;
  if (get16(packet, header) != server_port_ || get16(packet, header + 2) != port_) return;
  const std::uint8_t flags = packet[header + 13];
  const std::uint32_t sequence = get32(packet, header + 4);
  if ((flags & flag::kRst) != 0) {
    was_reset_ = true;
    return;
  }
  if ((flags & flag::kSyn) != 0) {
    next_ = sequence + 1;
    is_connected_ = true;
    return;
  }
  const std::size_t data = header + static_cast<std::size_t>(packet[header + 12] >> 4U) * 4;
  if (data < packet.size())
    early_[sequence] = std::string(packet.begin() + static_cast<std::ptrdiff_t>(data), packet.end());
  for (auto found = early_.find(next_); found != early_.end(); found = early_.find(next_)) {
    heard_ += found->second;
    next_ += static_cast<std::uint32_t>(found->second.size());
    early_.erase(found);
  }
  if ((flags & flag::kFin) != 0 && sequence + (packet.size() - data) == next_) {
    ++next_;
    has_ended_ = true;
  }
}

std::string TunClient::answer(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!was_reset_ && !has_ended_ && std::chrono::steady_clock::now() < until) {
    const auto got = wire_.read(std::chrono::milliseconds(20));
    if (!got) continue;
    const std::uint32_t before = next_;
    take(*got);
    if (next_ != before) wire_.write(packet(flag::kAck, first_, {}));
  }
  return heard_;
}

}  // namespace warder::wire
