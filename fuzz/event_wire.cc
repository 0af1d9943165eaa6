// Frames come from agents, which may be anybody with a certificate.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "protocol/protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto envelope = warder::protocol::parse_envelope({data, size});
  if (!envelope) return 0;
  if (envelope->has_hello()) static_cast<void>(warder::protocol::negotiate(envelope->hello()));
  for (const auto& sequenced : envelope->events().events()) {
    const auto event = warder::protocol::from_wire(sequenced.event());
    if (!event) continue;
    warder::protocol::Event wire;
    warder::protocol::to_wire(*event, &wire);
    const auto again = warder::protocol::from_wire(wire);
    if (!again || !(*again == *event)) std::abort();
  }
  return 0;
}
