// The checks of `asn1:` on BER that old rules use.
#pragma once

#include "engines/ips/matches.h"

namespace warder::ips {

bool asn1_matches(const Asn1& test, ByteView buffer, std::size_t cursor) noexcept;

}  // namespace warder::ips
