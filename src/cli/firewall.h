// warder firewall: policies in files, without a manager; and what the firewalls of hosts do now, through it.
#pragma once

#include "cli/command.h"

namespace warder::cli {

void add_firewall(Tree& tree);
/// The commands of `group` about hosts.
void add_firewall_hosts(Tree& tree, CLI::App& group);

}  // namespace warder::cli
