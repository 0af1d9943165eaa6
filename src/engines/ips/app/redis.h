// Redis (RESP): each command of a client is a transaction.
#pragma once

#include "engines/ips/app/parser.h"

namespace warder::ips::app {

const ParserInfo& redis_info() noexcept;

}  // namespace warder::ips::app
