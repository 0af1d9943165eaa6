// A baseline in memory, for tests; the plainest thing that keeps Baseline's promises, so also the model for the real
// one.
#pragma once

#include <map>
#include <mutex>
#include <set>

#include "engines/integrity/baseline.h"

namespace warder::integrity::testing {

class MemoryBaseline final : public Baseline {
 public:
  Result<std::optional<Entity>> find(const std::string& path) const override {
    const std::lock_guard lock(mutex_);
    const auto it = entities_.find(path);
    return it == entities_.end() ? std::optional<Entity>() : std::optional<Entity>(it->second);
  }
  Result<void> for_each_child(const std::string& directory,
                              const std::function<bool(std::string_view, const Entity&)>& each) const override {
    const std::lock_guard lock(mutex_);
    for (const auto& [path, entity] : entities_)
      if (path != "/" && host::parent_of(path) == directory && !each(host::base_of(path), entity)) break;
    return {};
  }
  Result<std::vector<std::string>> directories() const override {
    const std::lock_guard lock(mutex_);
    std::set<std::string> all;
    for (const auto& [path, entity] : entities_) all.emplace(host::parent_of(path));
    return std::vector<std::string>(all.begin(), all.end());
  }
  Result<std::vector<std::string>> paths_of(const host::FileStat& stat) const override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> paths;
    for (const auto& [path, entity] : entities_)
      if (entity.stat.device == stat.device && entity.stat.inode == stat.inode) paths.push_back(path);
    return paths;
  }
  Result<std::uint64_t> count() const override { return std::uint64_t{entities_.size()}; }
  Result<void> apply(const std::vector<BaselineChange>& changes) override {
    const std::lock_guard lock(mutex_);
    for (const BaselineChange& change : changes) {
      entities_.erase(change.path);
      if (change.entity) entities_.emplace(change.path, *change.entity);
    }
    return {};
  }
  Result<void> begin(const std::vector<PendingReport>& reports, const std::vector<BaselineChange>& silent) override {
    pending_.insert(pending_.end(), reports.begin(), reports.end());
    return apply(silent);
  }
  Result<std::vector<PendingReport>> pending() const override { return pending_; }
  Result<void> commit(const std::optional<std::string>& scope = std::nullopt) override {
    for (const PendingReport& report : pending_) WD_TRY(apply(report.changes));
    pending_.clear();
    if (scope) scope_ = *scope;
    return {};
  }
  Result<std::string> scope() const override { return scope_; }
  Result<std::string> list(const std::string& name) const override {
    const auto it = lists_.find(name);
    return it == lists_.end() ? std::string() : it->second;
  }
  Result<void> set_list(const std::string& name, const std::string& text) override {
    lists_[name] = text;
    return {};
  }

  [[nodiscard]] const std::map<std::string, Entity>& entities() const noexcept { return entities_; }

 private:
  mutable std::recursive_mutex mutex_;  // guards all below; a callback may ask for more
  std::map<std::string, Entity> entities_;
  std::vector<PendingReport> pending_;
  std::string scope_;
  std::map<std::string, std::string> lists_;
};

}  // namespace warder::integrity::testing
