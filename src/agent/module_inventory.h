// The inventory module: looks at what the host has and keeps the manager's copy up to date. It makes no events.
#pragma once

#include <functional>

#include "agent/module.h"
#include "host/facts.h"
#include "host/file_tree.h"

namespace warder::agent {

ModuleDescription inventory_module();

/// What it looks at and how often; tests give their own.
struct InventoryPorts {
  std::unique_ptr<host::HostFacts> facts;
  std::unique_ptr<host::FileTree> tree;
  std::chrono::milliseconds tick{5000};
};
std::unique_ptr<Module> make_inventory_module(ModuleContext& context, InventoryPorts ports);

}  // namespace warder::agent
