// HTTP/1 in both directions, in pieces that the input itself decides, and what detection would ask of it.
#include <cstddef>
#include <cstdint>

#include "engines/ips/app/app_flow.h"

namespace {

using namespace warder::ips::app;  // NOLINT(google-build-using-namespace)

void ask_everything(AppFlow& flow) {
  for (auto* const parser : flow.parsers()) {
    auto& list = parser->transactions();
    for (std::size_t i = 0; i < list.size(); ++i) {
      for (const auto direction : {Direction::ToServer, Direction::ToClient}) {
        for (const auto& row : buffers()) list[i].buffer(row.id, direction, 0);
        for (const auto& row : numbers()) list[i].number(row.id, direction, 0);
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size > 64 * 1024) return 0;
  const Limits limits;
  AppFlow flow(limits, {});
  warder::ByteView rest(bytes, size);
  while (rest.size() > 2) {
    const auto direction = (rest[0] & 0x80U) != 0 ? Direction::ToClient : Direction::ToServer;
    const auto wanted = std::size_t{rest[0] & 0x3fU} * 16 + rest[1];
    const bool is_gap = (rest[0] & 0x40U) != 0 && rest[1] == 0xff;
    rest = rest.subspan(2);
    const auto piece = rest.first(std::min(wanted, rest.size()));
    rest = rest.subspan(piece.size());
    is_gap ? flow.gap(direction, wanted + 1) : flow.feed(direction, piece);
  }
  ask_everything(flow);
  flow.end(Direction::ToServer);
  flow.end(Direction::ToClient);
  ask_everything(flow);
  return 0;
}
