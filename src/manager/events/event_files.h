// One tenant's event files, one per month: found, opened, made and removed.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "manager/events/event_store.h"
#include "manager/events/month.h"
#include "manager/store/pool.h"

namespace warder::manager {

struct EventFile {
  EventFile(Month its_month, const std::filesystem::path& path, const EventStoreOptions& options);
  Month month;
  Pool writer;
  Pool reader;  // read-only, with the limit on time
};
using EventFileRef = std::shared_ptr<EventFile>;

/// Thread-safe.
class EventFiles {
 public:
  EventFiles(std::filesystem::path directory, const EventStoreOptions& options);

  /// Finds the files that are there.
  Result<void> load();
  Result<EventFileRef> open_or_create(Month month);
  /// Those with events of [from, to), newest first.
  [[nodiscard]] std::vector<EventFileRef> newest_first(std::optional<Timestamp> from = std::nullopt,
                                                       std::optional<Timestamp> to = std::nullopt) const;
  /// Unlinks; who reads it still may.
  Result<void> remove(Month month);

 private:
  [[nodiscard]] std::filesystem::path path_of(Month month) const;
  Result<EventFileRef> open(Month month) const;

  const std::filesystem::path directory_;
  const EventStoreOptions options_;
  mutable std::mutex mutex_;  // guards files_
  std::map<Month, EventFileRef> files_;
};

}  // namespace warder::manager
