#include "host/sockets.h"

#include <array>
#include <charconv>
#include <optional>

#include "base/text.h"
#include "host/lines.h"

namespace warder::host {
namespace {

constexpr unsigned kListening = 0x0a;    // TCP_LISTEN, linux/net/tcp_states.h
constexpr unsigned kUnconnected = 0x07;  // TCP_CLOSE: of UDP, bound and not connected

template <class Integer>
std::optional<Integer> parse_hex(std::string_view text) noexcept {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

constexpr std::uint8_t byte_of(std::uint32_t word, unsigned index) noexcept {
  return static_cast<std::uint8_t>(word >> (8 * index) & 0xff);
}

// Each 32-bit word is printed as the number that the little-endian machine sees in network-order bytes.
std::optional<IpAddress> parse_address(std::string_view hex, bool is_v6) {
  if (hex.size() != (is_v6 ? 32U : 8U)) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < hex.size() / 8; ++i) {
    const auto word = parse_hex<std::uint32_t>(hex.substr(i * 8, 8));
    if (!word) return std::nullopt;
    for (unsigned k = 0; k < 4; ++k) bytes.at(i * 4 + k) = byte_of(*word, k);
  }
  if (is_v6) return IpAddress::v6(bytes);
  return IpAddress::v4(static_cast<std::uint32_t>(bytes[0]) << 24 | static_cast<std::uint32_t>(bytes[1]) << 16 |
                       static_cast<std::uint32_t>(bytes[2]) << 8 | bytes[3]);
}

std::optional<ListeningSocket> parse_line(std::string_view line, SocketProtocol protocol, bool is_v6) {
  take_word(line);  // the slot
  const std::string_view local = take_word(line);
  const std::string_view remote = take_word(line);
  const auto state = parse_hex<unsigned>(take_word(line));
  for (int i = 0; i < 3; ++i) take_word(line);  // queues, timer, retransmissions
  const auto uid = parse_integer<std::uint32_t>(take_word(line));
  take_word(line);  // timeout
  const auto inode = parse_integer<std::uint64_t>(take_word(line));
  const std::size_t colon = local.rfind(':');
  if (!state || !uid || !inode || colon == std::string_view::npos) return std::nullopt;
  if (*state != (protocol == SocketProtocol::Tcp ? kListening : kUnconnected)) return std::nullopt;
  if (!remote.ends_with(":0000")) return std::nullopt;
  const auto address = parse_address(local.substr(0, colon), is_v6);
  const auto port = parse_hex<std::uint16_t>(local.substr(colon + 1));
  if (!address || !port || *port == 0) return std::nullopt;
  ListeningSocket socket;
  socket.protocol = protocol;
  socket.is_v6 = is_v6;
  socket.address = *address;
  socket.port = *port;
  socket.uid = *uid;
  socket.inode = *inode;
  return socket;
}

}  // namespace

std::string_view name(SocketProtocol protocol) noexcept {
  switch (protocol) {
    case SocketProtocol::Tcp:
      return "tcp";
    case SocketProtocol::Udp:
      return "udp";
  }
  return "tcp";
}

std::vector<ListeningSocket> parse_proc_net(std::string_view text, SocketProtocol protocol, bool is_v6) {
  std::vector<ListeningSocket> sockets;
  while (!text.empty() && sockets.size() < kMaxSockets) {
    if (auto socket = parse_line(take_line(text), protocol, is_v6)) sockets.push_back(std::move(*socket));
  }
  return sockets;
}

}  // namespace warder::host
