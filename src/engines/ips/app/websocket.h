// WebSocket (RFC 6455) after an HTTP upgrade: each frame is a transaction; the last frame of a fragmented message
// carries the whole payload, unmasked and, with permessage-deflate (RFC 7692), expanded.
#pragma once

#include "engines/ips/app/parser.h"

namespace warder::ips::app {

const ParserInfo& websocket_info() noexcept;

}  // namespace warder::ips::app
