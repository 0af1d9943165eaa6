// SMB 1, 2 and 3 over NetBIOS sessions or directly over TCP: shares, pipes, files, logons, and DCE/RPC in pipes.
#pragma once

#include "engines/ips/app/parser.h"

namespace warder::ips::app {

const ParserInfo& smb_info() noexcept;

}  // namespace warder::ips::app
