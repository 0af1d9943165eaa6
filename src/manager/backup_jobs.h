// Backups of a manager that serves: what the settings say of them, and who hears of each.
#pragma once

#include "base/log.h"
#include "manager/backup/backups.h"
#include "manager/config.h"
#include "manager/events/event_store.h"
#include "manager/installation.h"

namespace warder::manager {

/// Where the data of a manager with these settings is.
Result<BackupSource> backup_target(const Config& config);
/// The same, to be copied while managers run.
Result<BackupSource> backup_source(const Installation& installation);
Result<BackupsOptions> backups_options(const Installation& installation);
/// An entry of the first tenant's audit log and an event of it: backup.created, backup.verified or backup.failed.
void tell_of_backup(Installation& installation, EventStore& events, Log& log, const BackupRun& run);

}  // namespace warder::manager
