#include "engines/integrity/overlay_baseline.h"

#include <algorithm>

namespace warder::integrity {

Result<std::optional<Entity>> OverlayBaseline::find(const std::string& path) const {
  const auto directory = changed_.find(std::string(host::parent_of(path)));
  if (directory != changed_.end()) {
    const auto it = directory->second.find(std::string(host::base_of(path)));
    if (it != directory->second.end()) return it->second;
  }
  return below_.find(path);
}

Result<void> OverlayBaseline::for_each_child(const std::string& directory,
                                             const std::function<bool(std::string_view, const Entity&)>& each) const {
  const auto changed = changed_.find(directory);
  bool goes_on = true;
  WD_TRY(below_.for_each_child(directory, [&](std::string_view name, const Entity& entity) {
    if (changed != changed_.end() && changed->second.contains(std::string(name))) return true;
    goes_on = each(name, entity);
    return goes_on;
  }));
  if (changed == changed_.end()) return {};
  for (const auto& [name, entity] : changed->second)
    if (goes_on && entity) goes_on = each(name, *entity);
  return {};
}

Result<std::vector<std::string>> OverlayBaseline::directories() const {
  std::vector<std::string> all = WD_TRY(below_.directories());
  for (const auto& [directory, names] : changed_) all.push_back(directory);
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

Result<std::vector<std::string>> OverlayBaseline::paths_of(const host::FileStat& stat) const {
  std::vector<std::string> paths;
  for (std::string& path : WD_TRY(below_.paths_of(stat))) {
    const auto entity = WD_TRY(find(path));
    if (entity && entity->stat.inode == stat.inode && entity->stat.device == stat.device)
      paths.push_back(std::move(path));
  }
  const auto it = inodes_.find({stat.device, stat.inode});
  if (it != inodes_.end())
    for (const std::string& path : it->second)
      if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
  return paths;
}

Result<void> OverlayBaseline::apply(const std::vector<BaselineChange>& changes) {
  for (const BaselineChange& change : changes) {
    auto& slot = changed_[std::string(host::parent_of(change.path))][std::string(host::base_of(change.path))];
    if (slot) inodes_[{slot->stat.device, slot->stat.inode}].erase(change.path);
    slot = change.entity;
    if (slot) inodes_[{slot->stat.device, slot->stat.inode}].insert(change.path);
  }
  return {};
}

Result<void> OverlayBaseline::begin(const std::vector<PendingReport>& reports,
                                    const std::vector<BaselineChange>& silent) {
  WD_TRY(apply(silent));
  for (const PendingReport& report : reports) WD_TRY(apply(report.changes));
  return {};
}

}  // namespace warder::integrity
