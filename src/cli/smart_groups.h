// warder smart-groups
#pragma once

#include "cli/command.h"

namespace warder::cli {

void add_smart_groups(Tree& tree);

}  // namespace warder::cli
