// SIP over UDP and TCP: each request and each response is a transaction of its direction.
#pragma once

#include "engines/ips/app/parser.h"

namespace warder::ips::app {

const ParserInfo& sip_info() noexcept;

}  // namespace warder::ips::app
