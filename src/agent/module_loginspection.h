// The log inspection module: joins the log inspection engine to this host's logs.
#pragma once

#include "agent/module.h"

namespace warder::agent {

ModuleDescription log_inspection_module();

}  // namespace warder::agent
