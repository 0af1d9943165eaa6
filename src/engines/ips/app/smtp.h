// SMTP (RFC 5321): envelope, message header and attachments. A transaction is one mail with the commands that lead to
// it.
#pragma once

#include "engines/ips/app/parser.h"

namespace warder::ips::app {

const ParserInfo& smtp_info() noexcept;

}  // namespace warder::ips::app
