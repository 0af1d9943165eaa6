// The model and its wire form: conversions between model/event.h and protocol/agent.proto, versions and capabilities.
#pragma once

#include <array>
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

/// What this build speaks; a stream uses what both sides have.
inline constexpr std::array<std::string_view, 7> kCapabilities{"events.v1", "policy.v1",    "content.v1", "commands.v1",
                                                               "renew.v1",  "inventory.v1", "witness.v1"};

inline constexpr std::size_t kMaxFrameBytes = 4 << 20;

void to_wire(const warder::Event& event, Event* out);
/// Invalid when a value breaks a limit of model/event.h or an enumerator is unknown; the message names the field.
/// Fields that event_fields() lacks are kept: a newer agent knows more than we do.
Result<warder::Event> from_wire(const Event& event);

/// The manager's answer to a hello: the lower minor version and the common capabilities. Invalid, with the reason that
/// HelloAck.refused carries, when the agent speaks another major version or is more than kMinorsServed behind `minor`.
/// Time, heartbeat and acknowledged sequence are the caller's to fill.
Result<HelloAck> negotiate(const Hello& hello, std::uint32_t minor = kMinor);

/// Fails with TooLarge or Corrupt; never throws or allocates more than a small multiple of the frame.
Result<Envelope> parse_envelope(ByteView frame);
std::string serialize(const Envelope& envelope);

}  // namespace warder::protocol
