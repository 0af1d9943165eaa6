// The model and its wire form: conversions between model/event.h and protocol/agent.proto, versions and capabilities.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "model/event.h"
#include "protocol/agent.pb.h"

namespace warder::protocol {

inline constexpr std::uint32_t kMajor = 1;
inline constexpr std::uint32_t kMinor = 0;
/// Agents this many minor versions behind are served.
inline constexpr std::uint32_t kMinorsServed = 2;

inline constexpr std::size_t kMaxFrameBytes = 4 << 20;

void to_wire(const warder::Event& event, Event* out);
/// Invalid when a value breaks a limit of model/event.h or an enumerator is unknown; the message names the field.
Result<warder::Event> from_wire(const Event& event);

/// Fails with TooLarge or Corrupt; never throws or allocates more than a small multiple of the frame.
Result<Envelope> parse_envelope(ByteView frame);
std::string serialize(const Envelope& envelope);

}  // namespace warder::protocol
