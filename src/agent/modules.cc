#include "agent/module.h"
#include "agent/module_antimalware.h"
#include "agent/module_firewall.h"
#include "agent/module_integrity.h"
#include "agent/module_inventory.h"
#include "agent/module_ips.h"
#include "agent/module_loginspection.h"

namespace warder::agent {

std::span<const ModuleDescription> modules() {
  static const std::vector<ModuleDescription> all = {
      firewall_module(),       ips_module(),         integrity_module(),
      log_inspection_module(), antimalware_module(), inventory_module(),
  };
  return all;
}

}  // namespace warder::agent
