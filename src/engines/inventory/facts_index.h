// A snapshot arranged for questions by name.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "engines/inventory/snapshot.h"

namespace warder::inventory {

/// Looks at the snapshot, which outlives it.
class FactsIndex {
 public:
  explicit FactsIndex(const Snapshot& snapshot);

  /// Items of this kind whose name matches. A pattern without ? and * is found without looking at the others.
  [[nodiscard]] std::vector<const Item*> find(Kind kind, std::string_view pattern) const;
  /// Paths that the inventory knows of: programs that run or listen, unit files, crontabs, places of language packages.
  [[nodiscard]] bool has_path(std::string_view pattern) const;
  /// nullptr: not known.
  [[nodiscard]] const Item* system() const;

 private:
  const Snapshot& snapshot_;
  std::map<Kind, std::multimap<std::string_view, const Item*>> by_name_;
  std::multimap<std::string_view, const Item*> paths_;
};

}  // namespace warder::inventory
