#include "engines/ips/case_frames.h"

#include <algorithm>
#include <array>

namespace warder::ips {
namespace {

constexpr std::size_t kUsual = 1400;  // bytes of a segment
constexpr std::size_t kTiny = 1;
constexpr std::size_t kPiece = 40;      // of a segment out of order
constexpr std::size_t kFragment = 24;   // of an IP fragment; a multiple of eight
constexpr std::size_t kMostTiny = 600;  // bytes that are sent one by one; the others as usual
constexpr std::uint8_t kSyn = 0x02;
constexpr std::uint8_t kAck = 0x10;
constexpr std::uint8_t kPushAck = 0x18;
constexpr std::uint8_t kFinAck = 0x11;
constexpr std::array<std::uint8_t, 4> kClient4{192, 0, 2, 77};
constexpr std::array<std::uint8_t, 4> kServer4{198, 51, 100, 2};

void put16(Bytes& out, std::size_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8U));
  out.push_back(static_cast<std::uint8_t>(value));
}
void put32(Bytes& out, std::uint32_t value) {
  put16(out, value >> 16U);
  put16(out, value & 0xffffU);
}

class Builder {
 public:
  Builder(const RuleCase& one, Wire wire, std::uint32_t connection)
      : case_(one), wire_(wire), port_(static_cast<std::uint16_t>(20'000 + connection % 40'000)) {}

  std::vector<Bytes> make() {
    if (!case_.is_udp) {
      tcp(true, kSyn, client_ - 1, {});
      tcp(false, kSyn | kAck, server_ - 1, {});
      tcp(true, kAck, client_, {});
    }
    for (const CaseMessage& message : case_.messages) {
      if (case_.is_udp) {
        udp(message);
      } else {
        say(message.is_client, message.bytes);
      }
    }
    if (!case_.is_udp) {
      tcp(true, kFinAck, client_++, {});
      tcp(false, kFinAck, server_++, {});
      tcp(true, kAck, client_, {});
    }
    return std::move(frames_);
  }

 private:
  void say(bool is_client, std::string_view text) {
    std::uint32_t& next = is_client ? client_ : server_;
    const std::uint32_t start = next;
    std::vector<std::pair<std::size_t, std::string_view>> parts;
    for (std::size_t at = 0; at < text.size();) {
      std::size_t size = kUsual;
      if (wire_ == Wire::Tiny && at < kMostTiny) size = kTiny;
      if (wire_ == Wire::Reversed) size = kPiece;
      parts.emplace_back(at, text.substr(at, size));
      at += parts.back().second.size();
    }
    if (wire_ == Wire::Reversed) std::ranges::reverse(parts);
    for (const auto& [at, part] : parts) {
      next = start + static_cast<std::uint32_t>(text.size());
      tcp(is_client, kPushAck, start + static_cast<std::uint32_t>(at), part);
    }
    tcp(!is_client, kAck, is_client ? server_ : client_, {});
  }

  void tcp(bool is_client, std::uint8_t flags, std::uint32_t sequence, std::string_view text) {
    Bytes segment;
    put16(segment, is_client ? port_ : case_.port);
    put16(segment, is_client ? case_.port : port_);
    put32(segment, sequence);
    put32(segment, (flags & kAck) == 0 ? 0 : is_client ? server_ : client_);
    segment.push_back(0x50);  // five words of header
    segment.push_back(flags);
    put16(segment, 0xffff);
    put32(segment, 0);
    append(segment, as_bytes(text));
    add(is_client, 6, segment, !text.empty());
  }

  void udp(const CaseMessage& message) {
    Bytes datagram;
    put16(datagram, message.is_client ? port_ : case_.port);
    put16(datagram, message.is_client ? case_.port : port_);
    put16(datagram, message.bytes.size() + 8);
    put16(datagram, 0);
    append(datagram, as_bytes(message.bytes));
    add(message.is_client, 17, datagram, true);
  }

  void add(bool is_client, std::uint8_t protocol, const Bytes& body, bool has_text) {
    if (wire_ == Wire::Ipv6) {
      Bytes packet{0x60, 0, 0, 0};
      put16(packet, body.size());
      packet.push_back(protocol);
      packet.push_back(64);
      for (const bool is_source : {true, false}) {
        packet.insert(packet.end(), {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        packet.push_back(is_source == is_client ? 0x77 : 0x02);
      }
      append(packet, body);
      frames_.push_back(std::move(packet));
      return;
    }
    ++id_;
    const std::size_t size = wire_ == Wire::Fragments && has_text ? kFragment : body.size();
    for (std::size_t at = 0; at < body.size(); at += size) {
      const auto part = ByteView(body).subspan(at, std::min(size, body.size() - at));
      Bytes packet{0x45, 0};
      put16(packet, part.size() + 20);
      put16(packet, id_);
      put16(packet, at / 8 | (at + part.size() < body.size() ? 0x2000U : 0U));
      packet.push_back(64);
      packet.push_back(protocol);
      put16(packet, 0);
      append(packet, is_client ? kClient4 : kServer4);
      append(packet, is_client ? kServer4 : kClient4);
      append(packet, part);
      frames_.push_back(std::move(packet));
    }
  }

  const RuleCase& case_;
  Wire wire_;
  std::uint16_t port_;
  std::uint16_t id_ = 0;
  std::uint32_t client_ = 1001;
  std::uint32_t server_ = 900'001;
  std::vector<Bytes> frames_;
};

}  // namespace

std::string_view name(Wire wire) noexcept {
  switch (wire) {
    case Wire::Plain:
      return "plain";
    case Wire::Tiny:
      return "one byte a segment";
    case Wire::Reversed:
      return "segments in reverse order";
    case Wire::Fragments:
      return "IP fragments";
    case Wire::Ipv6:
      return "IPv6";
  }
  return {};
}

std::vector<Bytes> make_frames(const RuleCase& one, Wire wire, std::uint32_t connection) {
  return Builder(one, wire, connection).make();
}

}  // namespace warder::ips
