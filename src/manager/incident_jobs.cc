#include "manager/incident_jobs.h"

namespace warder::manager {

void tell_of_incidents(Installation& installation, Incidents& incidents, Log& log) {
  for (const Tenant& tenant : installation.tenants->list()) {
    const auto scope = installation.scopes.make(tenant.id, "job:incidents");
    const auto done = scope ? incidents.keep_up(*scope) : Result<void>{fail(scope.error())};
    if (!done) log.warning("incidents.telling.failed", done.error().message, {{"tenant", tenant.name}});
  }
}

}  // namespace warder::manager
