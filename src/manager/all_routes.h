// The handlers of every operation of the contract.
#pragma once

#include "manager/api/router.h"
#include "manager/content/content.h"
#include "manager/events/event_feed.h"
#include "manager/events/event_store.h"
#include "manager/installation.h"
#include "model/messages.h"

namespace warder::manager {

struct RunningParts {
  EventStore& events;
  EventFeed& feed;
  Content& content;
  const Messages& messages;
};

Routes all_routes(Installation& installation, const RunningParts& parts);

}  // namespace warder::manager
