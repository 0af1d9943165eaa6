// Sees to it that somebody is told of requests of data subjects that are overdue.
#pragma once

#include "base/log.h"
#include "manager/installation.h"
#include "manager/privacy/subject_requests.h"

namespace warder::manager {

/// In every tenant; cheap when there is nothing to tell.
void tell_of_subjects(Installation& installation, SubjectRequests& requests, Log& log);

}  // namespace warder::manager
