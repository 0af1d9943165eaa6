// warder firewall: works on files, without a manager.
#pragma once

#include "cli/command.h"

namespace warder::cli {

void add_firewall(Tree& tree);

}  // namespace warder::cli
