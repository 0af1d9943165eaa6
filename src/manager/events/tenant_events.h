// What EventStore keeps open for one tenant.
#pragma once

#include <mutex>

#include "manager/events/event_files.h"
#include "manager/events/spool_places.h"

namespace warder::manager {

struct TenantEvents {
  std::unique_ptr<EventFiles> files;
  SpoolPlaces places;
  std::mutex writing;  // one batch at a time: places and files move together
};

}  // namespace warder::manager
