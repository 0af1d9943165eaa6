// The states that alerts look at, from whoever knows them.
#pragma once

#include <vector>

#include "manager/alerts/alert_engine.h"
#include "manager/backup/backups.h"
#include "manager/content/content.h"
#include "manager/installation.h"
#include "manager/siem/destinations.h"

namespace warder::manager {

struct AlertStateParts {
  Installation& installation;
  Destinations& destinations;
  EventStore& events;
  Content& content;
  AlertSettings& settings;
  NoticeOutbox& notices;
  Backups& backups;
};

/// Of one agent. Who has never connected is no alert: it may still be on its way.
std::vector<StateSample> agent_states(const Agent& agent, Timestamp now);

/// What is in `parts` must outlive the sources.
std::vector<StateSource> alert_states(const AlertStateParts& parts);

}  // namespace warder::manager
