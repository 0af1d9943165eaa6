// A TCP connection from hostile hands: each step is eight bytes that say direction, flags, numbers and length.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "packet/conversation.h"

namespace {

using namespace warder::packet;

void read_all(Conversations& conversations, Flow& flow) {
  for (const Direction direction : {Direction::ToServer, Direction::ToClient}) {
    ByteStream& stream = flow.tcp.stream(direction);
    for (const StreamReader reader : {StreamReader::App, StreamReader::Raw}) {
      const StreamView view = stream.read(reader);
      if (view.offset < stream.progress(reader)) std::abort();
      std::size_t sum = 0;
      for (const std::uint8_t byte : view.bytes) sum += byte;
      stream.advance(reader, view.offset + view.bytes.size() - (sum % 2 != 0 && !view.bytes.empty() ? 1 : 0),
                     conversations.pool());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  ConversationOptions options;
  options.flows.max_flows = 4;
  options.tcp.is_inline = (data[0] & 1U) != 0;
  options.tcp.picks_up_midstream = (data[0] & 2U) != 0;
  options.tcp.allows_async = (data[0] & 4U) != 0;
  options.tcp.policy = static_cast<StreamPolicy>(data[1] % 9);
  options.tcp.limits.depth = (data[0] & 8U) != 0 ? 5000 : 0;
  options.tcp.max_bytes = 1U << 16U;
  Conversations conversations(options);
  warder::ByteView rest(data + 2, size - 2);
  std::uint64_t number = 0;
  while (rest.size() >= 8) {
    const warder::ByteView step = rest.first(8);
    rest = rest.subspan(8);
    Packet packet;
    packet.number = ++number;
    packet.time = warder::from_micros(static_cast<std::int64_t>(number) * (step[7] == 255 ? 100'000'000 : 1000));
    packet.network_kind = Network::Ipv4;
    packet.protocol = 6;
    packet.transport_kind = Transport::Tcp;
    const bool is_client = (step[0] & 1U) != 0;
    packet.source = warder::IpAddress::v4(is_client ? 1 : 2);
    packet.destination = warder::IpAddress::v4(is_client ? 2 : 1);
    packet.source_port = packet.destination_port = static_cast<std::uint16_t>(step[0] >> 6U);
    packet.tcp.flags = step[1];
    packet.tcp.sequence = static_cast<std::uint32_t>(step[2] << 8 | step[3]) * ((step[0] & 2U) != 0 ? 70'000U : 1U);
    packet.tcp.acknowledgment = static_cast<std::uint32_t>(step[4] << 8 | step[5]);
    packet.tcp.window = static_cast<std::uint16_t>(step[6] << 8);
    packet.tcp.has_timestamp = (step[0] & 4U) != 0;
    packet.tcp.timestamp = step[7];
    packet.payload = rest.first(std::min<std::size_t>(rest.size(), std::size_t{step[6]} * 4));
    const auto seen = conversations.follow(packet);
    if (seen.flow != nullptr) read_all(conversations, *seen.flow);
  }
  conversations.end_all();
  if (conversations.pool().in_use() != 0) std::abort();
  return 0;
}
