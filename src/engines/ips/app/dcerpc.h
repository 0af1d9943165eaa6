// DCE/RPC over TCP and UDP; see dcerpc_session.h for what is read of it.
#pragma once

#include "engines/ips/app/dcerpc_session.h"

namespace warder::ips::app {

const ParserInfo& dcerpc_info() noexcept;

}  // namespace warder::ips::app
