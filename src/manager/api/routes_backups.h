// The handlers about backups: for operators of the first tenant.
#pragma once

#include "manager/api/router.h"
#include "manager/backup/backups.h"
#include "manager/provisioning/provisioning.h"

namespace warder::manager {

void add_backup_routes(Routes& routes, Backups& backups, Provisioning& provisioning);

}  // namespace warder::manager
