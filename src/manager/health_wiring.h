// What GET /system/health asks of the running manager.
#pragma once

#include "manager/api/routes_health.h"
#include "manager/installation.h"
#include "manager/listener_certificates.h"

namespace warder::manager {

/// The stores answer: what /readyz says, too.
Result<void> check_ready(Installation& installation);

/// All must outlive what is returned.
HealthSources health_sources(Installation& installation, const JobStates& jobs,
                             const ListenerCertificates& certificates);

}  // namespace warder::manager
