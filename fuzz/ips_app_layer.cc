// Flows come from anybody. The first byte picks a parser (or none: then detection works too), the rest is a
// conversation: a byte with direction and length before each piece.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engines/ips/app/app_flow.h"
#include "engines/ips/app/file.h"

namespace {

using namespace warder;
using namespace warder::ips::app;

void ask_everything(Transaction& transaction) {
  for (const Direction direction : {Direction::ToServer, Direction::ToClient}) {
    std::size_t sum = 0;
    for (const auto& each : buffers()) {
      for (std::size_t i = 0; i < 4; ++i) {
        for (const std::uint8_t byte : transaction.buffer(each.id, direction, i).bytes) sum += byte;
      }
    }
    for (const auto& each : numbers()) static_cast<void>(transaction.number(each.id, direction, 0));
    static_cast<void>(sum);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto all = parsers();
  const std::size_t choice = data[0] % (all.size() + 2);
  Limits limits;
  limits.file_bytes = 4096;
  FlowInfo info;
  info.client_port = 4000;
  info.server_port = data[1];
  info.is_stream = choice != all.size() + 1 && (choice == all.size() || all[choice].over_stream);
  AppFlow flow(limits, info);
  if (choice < all.size()) flow.expect(all[choice].protocol);
  std::span<const std::uint8_t> left{data + 2, size - 2};
  while (left.size() > 1) {
    const auto direction = (left[0] & 1U) != 0 ? Direction::ToClient : Direction::ToServer;
    const std::size_t length =
        std::min<std::size_t>(left.size() - 1, left[0] >> 1U == 127 ? left.size() : left[0] >> 1U);
    const auto piece = left.subspan(1, length);
    if (length == 0) {
      flow.gap(direction, 10);
    } else {
      flow.feed(direction, piece);
    }
    left = left.subspan(1 + length);
  }
  flow.end(Direction::ToServer);
  flow.end(Direction::ToClient);
  for (Parser* parser : flow.parsers()) {
    for (std::size_t i = 0; i < parser->transactions().size(); ++i) ask_everything(parser->transactions()[i]);
  }
  return 0;
}
