// HTTP/2 (RFC 9113) in clear text: each stream is a transaction with the buffers that HTTP/1 has, each frame of the
// connection itself (settings, ping …) one of its own. DNS over HTTPS (RFC 8484) is read out of it.
#pragma once

#include "engines/ips/app/parser.h"

namespace warder::ips::app {

const ParserInfo& http2_info() noexcept;

}  // namespace warder::ips::app
