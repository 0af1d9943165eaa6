// Packets made of what two sides say, as cases of rule packs are run.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "engines/ips/case_text.h"

namespace warder::ips {

/// How what is said is put into packets. All of them carry the same conversation.
enum class Wire : std::uint8_t { Plain, Tiny, Reversed, Fragments, Ipv6 };
std::string_view name(Wire wire) noexcept;

/// Raw IP packets (LINKTYPE_RAW), checksums left out; documentation addresses. `connection` sets the client's port.
std::vector<Bytes> make_frames(const RuleCase& one, Wire wire, std::uint32_t connection);

}  // namespace warder::ips
