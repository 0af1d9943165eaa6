// The integrity module: joins the integrity engine to this host's files, fanotify and /proc.
#pragma once

#include "agent/module.h"

namespace warder::agent {

ModuleDescription integrity_module();

}  // namespace warder::agent
