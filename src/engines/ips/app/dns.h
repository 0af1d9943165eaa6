// DNS over UDP and TCP: each message is a transaction of its direction. Multicast DNS has its own row and names.
#pragma once

#include "engines/ips/app/dns_message.h"
#include "engines/ips/app/field_transaction.h"
#include "engines/ips/app/parser.h"

namespace warder::ips::app {

const ParserInfo& dns_info() noexcept;
const ParserInfo& mdns_info() noexcept;

/// Fills `transaction` with what rules ask of a message that went in `direction`; used for DNS over HTTP too.
void put_dns_fields(const DnsMessage& message, Direction direction, FieldTransaction& transaction);

}  // namespace warder::ips::app
