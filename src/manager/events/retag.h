// Changing the tags of stored events.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"

namespace warder::manager {

struct TagChange {
  std::vector<std::string> add;
  std::vector<std::string> remove;
  /// What belongs to it, told how many events change: done before anything is kept, and only then is anything kept.
  /// Called for each part that is written at once. May be empty.
  std::function<Result<void>(std::size_t)> before_commit{};
};

struct RetagResult {
  std::size_t changed = 0;
  bool is_complete = true;
};

inline constexpr std::size_t kMaxRetagIds = 1'000;

}  // namespace warder::manager
