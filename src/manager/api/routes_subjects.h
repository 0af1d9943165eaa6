// Requests of data subjects.
#pragma once

#include "manager/api/router.h"
#include "manager/privacy/subject_requests.h"

namespace warder::manager {

void add_subject_routes(Routes& routes, SubjectRequests& requests);

}  // namespace warder::manager
