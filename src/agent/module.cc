#include "agent/module.h"

namespace warder::agent {

std::string_view name(ModuleCondition condition) noexcept {
  switch (condition) {
    case ModuleCondition::Off:
      return "off";
    case ModuleCondition::On:
      return "on";
    case ModuleCondition::Degraded:
      return "degraded";
  }
  return "off";
}

}  // namespace warder::agent
