// MQTT 3.1, 3.1.1 and 5 over TCP: each control packet is a transaction of its direction.
#pragma once

#include "engines/ips/app/parser.h"

namespace warder::ips::app {

const ParserInfo& mqtt_info() noexcept;

}  // namespace warder::ips::app
