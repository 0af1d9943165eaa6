// A baseline that is read and never written: what became of it since is kept in memory.
#pragma once

#include <map>
#include <set>

#include "engines/integrity/baseline.h"

namespace warder::integrity {

/// Single-threaded. `below` must outlive it. Reports are not kept: begin() and commit() apply.
class OverlayBaseline final : public Baseline {
 public:
  explicit OverlayBaseline(const Baseline& below) : below_(below) {}

  Result<std::optional<Entity>> find(const std::string& path) const override;
  Result<void> for_each_child(const std::string& directory,
                              const std::function<bool(std::string_view, const Entity&)>& each) const override;
  Result<std::vector<std::string>> directories() const override;
  Result<std::vector<std::string>> paths_of(const host::FileStat& stat) const override;
  Result<std::uint64_t> count() const override { return below_.count(); }
  Result<void> apply(const std::vector<BaselineChange>& changes) override;
  Result<void> begin(const std::vector<PendingReport>& reports, const std::vector<BaselineChange>& silent) override;
  Result<std::vector<PendingReport>> pending() const override { return std::vector<PendingReport>{}; }
  Result<void> commit(const std::optional<std::string>& /*scope*/) override { return {}; }
  Result<std::string> scope() const override { return below_.scope(); }

 private:
  const Baseline& below_;
  std::map<std::string, std::map<std::string, std::optional<Entity>>> changed_;  // directory → name → what it is
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::set<std::string>> inodes_;
};

}  // namespace warder::integrity
