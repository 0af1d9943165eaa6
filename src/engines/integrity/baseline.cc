#include "engines/integrity/baseline.h"

namespace warder::integrity {

Result<void> Baseline::add(const std::vector<NewChildren>& children) {
  std::vector<BaselineChange> changes;
  for (const NewChildren& each : children)
    for (const auto& [name, entity] : each.entries) changes.push_back({host::join(each.directory, name), entity});
  return apply(changes);
}

}  // namespace warder::integrity
