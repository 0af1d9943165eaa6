// What people are told of an incident.
#pragma once

#include <cstdint>

#include "manager/incidents/incidents.h"

namespace warder::manager {

/// Declared; given to the reader; or given to them because nobody before them has acknowledged it.
enum class IncidentNews : std::uint8_t { Declared, Assigned, Escalated };

Notice incident_notice(const Incident& incident, IncidentNews news);

}  // namespace warder::manager
