#include "packet/testing.h"

#include <stdexcept>

#include "base/address.h"
#include "packet/checksum.h"

namespace warder::packet::testing {
namespace {

void put_address(Bytes& bytes, std::size_t at, std::string_view text) {
  const auto address = parse_ip(text);
  if (!address) throw std::invalid_argument(std::string(text));
  const auto& whole = address->bytes();
  const std::size_t skip = address->is_v4() ? 12 : 0;
  for (std::size_t i = skip; i < whole.size(); ++i) bytes[at + i - skip] = whole[i];
}

}  // namespace

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Bytes from_text(std::string_view text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

void put16(Bytes& bytes, std::size_t at, unsigned value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8U);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}

void put32(Bytes& bytes, std::size_t at, std::uint32_t value) {
  put16(bytes, at, value >> 16U);
  put16(bytes, at + 2, value & 0xffffU);
}

Bytes ethernet(std::uint16_t type, const Bytes& payload) {
  Bytes header(14, 2);
  put16(header, 12, type);
  return header + payload;
}

Bytes vlan(std::uint16_t id, std::uint16_t type, const Bytes& payload) {
  Bytes tag(4);
  put16(tag, 0, id);
  put16(tag, 2, type);
  return tag + payload;
}

Bytes ipv4(const Ipv4Spec& spec, const Bytes& payload) {
  Bytes header(20);
  header = header + spec.options;
  header[0] = static_cast<std::uint8_t>(0x40U | header.size() / 4);
  put16(header, 2, static_cast<unsigned>(header.size() + payload.size()));
  put16(header, 4, spec.id);
  put16(header, 6, spec.fragment);
  header[8] = spec.ttl;
  header[9] = spec.protocol;
  put_address(header, 12, spec.source);
  put_address(header, 16, spec.destination);
  put16(header, 10, checksum_finish(checksum_add(header)));
  return header + payload;
}

Bytes ipv6(std::string_view source, std::string_view destination, std::uint8_t next, const Bytes& payload) {
  Bytes header(40);
  header[0] = 0x60;
  put16(header, 4, static_cast<unsigned>(payload.size()));
  header[6] = next;
  header[7] = 64;
  put_address(header, 8, source);
  put_address(header, 24, destination);
  return header + payload;
}

Bytes tcp(const TcpSpec& spec) {
  Bytes header(20);
  put16(header, 0, spec.source_port);
  put16(header, 2, spec.destination_port);
  put32(header, 4, spec.sequence);
  put32(header, 8, spec.acknowledgment);
  header[12] = static_cast<std::uint8_t>((20 + spec.options.size()) / 4 << 4U);
  header[13] = spec.flags;
  put16(header, 14, spec.window);
  return header + spec.options + spec.payload;
}

Bytes udp(std::uint16_t source_port, std::uint16_t destination_port, const Bytes& payload) {
  Bytes header(8);
  put16(header, 0, source_port);
  put16(header, 2, destination_port);
  put16(header, 4, static_cast<unsigned>(8 + payload.size()));
  return header + payload;
}

Bytes with_checksum(Bytes packet) {
  const bool is_v4 = packet[0] >> 4U == 4;
  const std::size_t header = is_v4 ? std::size_t{packet[0] & 0x0fU} * 4 : 40;
  const std::uint8_t protocol = is_v4 ? packet[9] : packet[6];
  const std::size_t place = header + (protocol == 6 ? 16U : protocol == 17 ? 6U : 2U);
  put16(packet, place, 0);
  const ByteView view(packet);
  std::uint32_t sum = checksum_add(is_v4 ? view.subspan(12, 8) : view.subspan(8, 32));
  sum += static_cast<std::uint32_t>(packet.size() - header) + protocol;
  put16(packet, place, checksum_finish(checksum_add(view.subspan(header), sum)));
  return packet;
}

Frame frame_of(const Bytes& bytes, LinkType link, std::int64_t micros) {
  Frame frame;
  frame.bytes = bytes;
  frame.link = link;
  frame.time = from_micros(micros);
  frame.number = 1;
  frame.wire_length = static_cast<std::uint32_t>(bytes.size());
  return frame;
}

}  // namespace warder::packet::testing
