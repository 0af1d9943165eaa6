// warder inventory: the one command group that looks at this host itself.
#pragma once

#include "cli/command.h"

namespace warder::cli {

void add_inventory(Tree& tree);

}  // namespace warder::cli
