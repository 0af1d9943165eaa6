// Sees to it that somebody is told of every incident.
#pragma once

#include "base/log.h"
#include "manager/incidents/incidents.h"
#include "manager/installation.h"

namespace warder::manager {

/// In every tenant; cheap when there is nothing to tell.
void tell_of_incidents(Installation& installation, Incidents& incidents, Log& log);

}  // namespace warder::manager
