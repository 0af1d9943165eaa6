// The entries of a directory that can matter to a scope. Where only certain names can, they are looked up and the
// directory is not read: "/" is not listed for the sake of "/etc".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engines/integrity/scope.h"
#include "host/file_tree.h"

namespace warder::integrity {

class Listing {
 public:
  /// All three must outlive it.
  Listing(host::Directory& directory, const Scope& scope, const Scope::Position& position)
      : directory_(directory), names_(scope.literal_names(position)) {}

  /// Empty at the end.
  Result<std::vector<host::FileEntry>> next() {
    if (!names_) return directory_.next_entries();
    std::vector<host::FileEntry> entries;
    for (const std::string& name : *names_)
      if (auto stat = WD_TRY(directory_.find(name))) entries.push_back({name, *stat});
    names_->clear();
    return entries;
  }
  [[nodiscard]] const std::optional<std::vector<std::string>>& literal_names() const noexcept { return names_; }

 private:
  host::Directory& directory_;
  std::optional<std::vector<std::string>> names_;
};

}  // namespace warder::integrity
