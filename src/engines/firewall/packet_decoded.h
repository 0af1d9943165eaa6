// A packet as it was captured, in the form that rules ask about.
#pragma once

#include <optional>

#include "engines/firewall/packet.h"
#include "packet/packet.h"

namespace warder::firewall {

/// The outermost packet of a frame; nullopt: broken, or neither IP nor a frame type that rules know. The direction is
/// the caller's to say.
std::optional<Packet> from_decoded(const packet::Packet& decoded, Direction direction);

}  // namespace warder::firewall
