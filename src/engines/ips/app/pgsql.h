// PostgreSQL, frontend/backend protocol 3: each message of a client is a transaction; SSL requests lead to TLS.
#pragma once

#include "engines/ips/app/parser.h"

namespace warder::ips::app {

const ParserInfo& pgsql_info() noexcept;

}  // namespace warder::ips::app
