// What EventStore keeps open for one tenant.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "manager/events/event_files.h"
#include "manager/events/spool_places.h"

namespace warder::manager {

/// Where outboxes ended that went with their month's file. Thread-safe.
class OutboxesGone {
 public:
  Result<void> load(Db& config);
  /// By file, without those that are (still) there.
  [[nodiscard]] std::map<std::int64_t, std::int64_t> ends(const EventFiles& files) const;

 private:
  mutable std::mutex mutex_;  // guards ends_
  std::map<std::int64_t, std::int64_t> ends_;
};

struct TenantEvents {
  std::unique_ptr<EventFiles> files;
  SpoolPlaces places;
  OutboxesGone outboxes_gone;
  std::mutex writing;  // one batch at a time: places and files move together
};

}  // namespace warder::manager
