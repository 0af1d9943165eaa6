#include "agent/module.h"

#if __has_include("agent/module_integrity.h")
#include "agent/module_integrity.h"
#endif

namespace warder::agent {

std::span<const ModuleDescription> modules() {
  static const std::vector<ModuleDescription> kModules = {
#if __has_include("agent/module_integrity.h")
    integrity_module(),
#endif
  };
  return kModules;
}

}  // namespace warder::agent
