// RDP up to the choice of its security ([MS-RDPBCGR] 2.2.1.1): the cookie of the request. TLS follows.
#pragma once

#include "engines/ips/app/parser.h"

namespace warder::ips::app {

const ParserInfo& rdp_info() noexcept;

}  // namespace warder::ips::app
