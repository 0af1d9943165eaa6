// Backups of a manager that serves: what the settings say of them, and who hears of each.
#pragma once

#include "base/job_states.h"
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
/// Those that are made by the clock are the job "backups" of these states.
Result<BackupsOptions> backups_options(const Installation& installation, JobStates& jobs);
/// How the last one before the start ended, for the job "backups".
void note_last_backup(Backups& backups, const JobRuns& runs);
/// An entry of the first tenant's audit log and an event of it: backup.created, backup.verified or backup.failed.
void tell_of_backup(Installation& installation, EventStore& events, Log& log, const BackupRun& run);

}  // namespace warder::manager
