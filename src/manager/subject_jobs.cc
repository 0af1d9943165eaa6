#include "manager/subject_jobs.h"

namespace warder::manager {

void tell_of_subjects(Installation& installation, SubjectRequests& requests, Log& log) {
  for (const Tenant& tenant : installation.tenants->list()) {
    const auto scope = installation.scopes.make(tenant.id, "job:subject-requests");
    const auto done = scope ? requests.tell_overdue(*scope) : Result<void>{fail(scope.error())};
    if (!done) log.warning("subjects.telling.failed", done.error().message, {{"tenant", tenant.name}});
  }
}

}  // namespace warder::manager
