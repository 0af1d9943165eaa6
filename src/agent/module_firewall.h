// The firewall as a module of the agent.
#pragma once

#include "agent/module.h"

namespace warder::agent {

ModuleDescription firewall_module();

/// Puts the last good rules of `state_directory` into force; for the boot, before the network is up. NotFound: there
/// are none, and nothing is done.
Result<void> restore_firewall(const std::filesystem::path& state_directory);

}  // namespace warder::agent
