// EtherNet/IP and the CIP services in it (ODVA, volumes 1 and 2) over TCP and UDP: each message is a transaction.
#pragma once

#include "engines/ips/app/conditions.h"
#include "engines/ips/app/parser.h"

namespace warder::ips::app {

const ParserInfo& enip_info() noexcept;
/// cip_service
std::span<const ConditionRow> enip_conditions() noexcept;

}  // namespace warder::ips::app
