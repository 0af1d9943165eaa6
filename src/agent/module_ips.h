// The intrusion prevention module: joins the engine to the host's packet queues.
#pragma once

#include "agent/module.h"

namespace warder::agent {

ModuleDescription ips_module();

}  // namespace warder::agent
