// Inventory lists come from agents, in parts of any shape and order: a change comes out whole or not at all.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "engines/inventory/snapshot.h"
#include "manager/gateway/inventory_intake.h"
#include "protocol/protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder;
  // Frames: two bytes of length (big-endian), then an envelope.
  manager::InventoryIntake intake;
  while (size >= 2) {
    const std::size_t length = std::min<std::size_t>(data[0] * 256U + data[1], size - 2);
    const auto envelope = protocol::parse_envelope({data + 2, length});
    data += 2 + length;
    size -= 2 + length;
    if (!envelope || !envelope->has_inventory_update()) continue;
    const auto change = intake.take(envelope->inventory_update());
    if (!change || !*change) continue;
    if ((*change)->digest.size() != 64) std::abort();
    for (const inventory::Item& item : (*change)->delta.set)
      if (!inventory::check(item)) std::abort();
  }
  return 0;
}
