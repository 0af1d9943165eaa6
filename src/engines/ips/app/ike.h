// IKE 1 and 2 (RFC 2409, RFC 7296) over UDP: each message is a transaction of its direction.
#pragma once

#include "engines/ips/app/parser.h"

namespace warder::ips::app {

const ParserInfo& ike_info() noexcept;

}  // namespace warder::ips::app
