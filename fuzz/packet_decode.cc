// Frames of every link type, with fragments that meet. The first byte says the link, the second the policy; each frame
// is a length byte and so many bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "packet/decode.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder::packet;
  constexpr LinkType kLinks[] = {LinkType::Ethernet, LinkType::Raw,      LinkType::Null,      LinkType::Loop,
                                 LinkType::Ppp,      LinkType::LinuxSll, LinkType::LinuxSll2, LinkType::CiscoHdlc};
  if (size < 2) return 0;
  warder::ByteView rest(data + 2, size - 2);
  DecodeOptions options;
  options.verify_checksums = (data[1] & 8U) != 0;
  options.fragment_policy = static_cast<DefragmentPolicy>(data[1] % 7);
  options.fragments.max_datagrams = 4;
  options.fragments.max_bytes = 1U << 18U;
  Decoder decoder(options);
  Frame frame;
  frame.link = kLinks[data[0] % 8];
  frame.has_partial_checksums = (data[1] & 16U) != 0;
  std::size_t seen = 0;
  while (!rest.empty()) {
    const std::size_t length = std::min<std::size_t>(rest[0], rest.size() - 1);
    frame.bytes = rest.subspan(1, length);
    rest = rest.subspan(1 + length);
    ++frame.number;
    for (const Packet& packet : decoder.decode(frame)) seen += packet.payload.size() + packet.transport_header.size();
  }
  return seen == static_cast<std::size_t>(-1) ? 1 : 0;
}
