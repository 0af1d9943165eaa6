// SSH up to the new keys: identification lines and key exchange offers. One transaction for each flow.
#pragma once

#include "engines/ips/app/conditions.h"
#include "engines/ips/app/parser.h"

namespace warder::ips::app {

const ParserInfo& ssh_info() noexcept;
/// ssh.protoversion, ssh.softwareversion
std::span<const ConditionRow> ssh_conditions() noexcept;

}  // namespace warder::ips::app
