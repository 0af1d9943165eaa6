// Kerberos 5 (RFC 4120) over UDP and TCP: each message is a transaction of its direction.
#pragma once

#include "engines/ips/app/conditions.h"
#include "engines/ips/app/parser.h"

namespace warder::ips::app {

const ParserInfo& krb5_info() noexcept;
/// krb5.ticket_encryption
std::span<const ConditionRow> krb5_conditions() noexcept;

}  // namespace warder::ips::app
