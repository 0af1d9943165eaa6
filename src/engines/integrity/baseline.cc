#include "engines/integrity/baseline.h"

namespace warder::integrity {

Result<void> Baseline::add(const std::vector<NewChildren>& children) {
  std::vector<BaselineChange> changes;
  for (const NewChildren& each : children)
    for (const auto& [name, entity] : each.entries) changes.push_back({host::join(each.directory, name), entity});
  return apply(changes);
}

Result<void> Baseline::for_each_stored(const std::string& directory,
                                       const std::function<bool(std::string_view, ByteView)>& each) const {
  return for_each_child(directory,
                        [&](std::string_view name, const Entity& entity) { return each(name, encode(entity)); });
}

}  // namespace warder::integrity
