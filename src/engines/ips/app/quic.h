// QUIC 1 and 2 (RFC 9000, 9369): the client's hello out of the Initial packets, whose keys anybody can derive.
#pragma once

#include "engines/ips/app/parser.h"

namespace warder::ips::app {

const ParserInfo& quic_info() noexcept;

}  // namespace warder::ips::app
