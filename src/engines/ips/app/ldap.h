// LDAP 3 (RFC 4511) over TCP: each message is a transaction of its direction.
#pragma once

#include "engines/ips/app/parser.h"

namespace warder::ips::app {

const ParserInfo& ldap_info() noexcept;

}  // namespace warder::ips::app
