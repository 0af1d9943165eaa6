// Cheap signs that something changed: the times of a dozen files and directories, looked at every few seconds.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "engines/inventory/item.h"
#include "host/file_tree.h"

namespace warder::agent {

/// Single-threaded.
class InventoryTriggers {
 public:
  explicit InventoryTriggers(host::FileTree& tree);

  /// The kinds whose sources have changed and have since been left alone for one look: a package manager at work is
  /// waited for. Nothing at the first look.
  std::set<inventory::Kind> look();

 private:
  using State = std::pair<std::int64_t, std::uint64_t>;  // ctime, size; zeros: not there
  [[nodiscard]] State state_of(const std::string& path);

  host::FileTree& tree_;
  std::map<std::string, State> known_;
  std::set<inventory::Kind> changed_;
  bool is_first_ = true;
};

}  // namespace warder::agent
