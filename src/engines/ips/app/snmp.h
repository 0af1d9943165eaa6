// SNMP 1, 2c and 3 (RFC 1157, 3416, 3412) over UDP: each message is a transaction of its direction.
#pragma once

#include "engines/ips/app/parser.h"

namespace warder::ips::app {

const ParserInfo& snmp_info() noexcept;

}  // namespace warder::ips::app
