// POP3 (RFC 1939) and IMAP4 (RFC 9051): commands of the client; STLS and STARTTLS lead to TLS.
#pragma once

#include "engines/ips/app/parser.h"

namespace warder::ips::app {

const ParserInfo& pop3_info() noexcept;
const ParserInfo& imap_info() noexcept;

}  // namespace warder::ips::app
