// What the log inspection module remembers over restarts: how far each source was read, what was skipped, and the
// events that are on their way to the spool.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/event.h"

namespace warder::agent {

/// Single-threaded. Each line makes its events exactly once although the positions and the spool are two stores:
/// `begin` keeps the new positions and the events with their ids in one transaction, the events go to the spool,
/// `commit` forgets them. After a crash in between, `pending` has the same events, which are sent again under the same
/// ids and so are recognised as the same.
class LogState {
 public:
  /// A damaged file is Corrupt.
  static Result<std::unique_ptr<LogState>> open(const std::filesystem::path& directory);
  ~LogState();
  LogState(const LogState&) = delete;
  LogState& operator=(const LogState&) = delete;

  /// By the source's name.
  Result<std::map<std::string, std::string>> positions();
  Result<std::vector<Event>> pending();
  Result<void> begin(const std::map<std::string, std::string>& changed, const std::vector<Event>& events);
  Result<void> commit();
  /// Forgets sources that the policy has no more.
  Result<void> keep_only(const std::vector<std::string>& names);
  static void discard(const std::filesystem::path& directory);

 private:
  struct Database;
  explicit LogState(std::unique_ptr<Database> database);
  std::unique_ptr<Database> database_;
};

}  // namespace warder::agent
