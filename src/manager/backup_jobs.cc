#include "manager/backup_jobs.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "manager/events/own_event.h"
#include "manager/tenancy/tenant_copy.h"

namespace warder::manager {
namespace {

std::string_view event_type(const BackupRun& run) {
  if (!run.error.empty()) return "backup.failed";
  return run.task == BackupTask::Create ? "backup.created" : "backup.verified";
}

Result<void> record(Installation& installation, EventStore& events, const BackupRun& run) {
  const TenantScope scope = WD_TRY(installation.first_tenant(run.actor));
  json::object detail{{"run", run.id}, {"file", run.file}, {"bytes", run.bytes}, {"parts", run.parts}};
  if (!run.error.empty()) detail["error"] = run.error;
  WD_TRY(installation.audit.append(scope, run.task == BackupTask::Create ? "backup.create" : "backup.verify",
                                   "backup:" + run.file,
                                   run.error.empty() ? AuditOutcome::Success : AuditOutcome::Failure, detail));
  Event event =
      make_own_event(installation.clock.now(), event_type(run), run.error.empty() ? Severity::Info : Severity::High);
  event.action = run.error.empty() ? Action::Logged : Action::Failed;
  if (!run.error.empty()) event.set("error", std::string(cut_utf8(run.error, kMaxEventTextBytes)));
  if (!run.file.empty()) event.set("file.path", run.file);
  return events.record(scope, std::move(event));
}

}  // namespace

Result<BackupSource> backup_target(const Config& config) {
  BackupSource source{.data_directory = config.data_directory, .databases = {}};
  if (config.database_url.empty()) return source;
  source.databases.push_back({"", config.database_owner_url});
  const auto further = WD_TRY(further_servers(config));
  for (const DatabaseServer& server : further) source.databases.push_back({server.name, server.owner_url});
  return source;
}

Result<BackupSource> backup_source(const Installation& installation) {
  BackupSource source = WD_TRY(backup_target(installation.config));
  source.tenants = [&tenants = *installation.tenants]() -> Result<std::string> {
    auto control = WD_TRY(tenants.control().acquire());
    return copy_tenants(*control, tenants.control_schemas());
  };
  return source;
}

Result<BackupsOptions> backups_options(const Installation& installation, JobStates& jobs) {
  const Config& config = installation.config;
  BackupsOptions options;
  options.source = WD_TRY(backup_source(installation));
  options.directory = config.backup_directory;
  options.host = host_name();
  options.keep = static_cast<std::size_t>(config.backup_keep);
  options.every = std::chrono::hours{config.backup_every_hours};
  if (!options.directory.empty() && options.every.count() > 0) options.runs = jobs.expect("backups", options.every);
  return options;
}

void note_last_backup(Backups& backups, const JobRuns& runs) {
  const auto all = backups.runs();
  if (!all) return;
  const auto is_made = [](const BackupRun& run) { return run.task == BackupTask::Create && run.ended; };
  const auto is_good = [&](const BackupRun& run) { return is_made(run) && run.error.empty(); };
  const auto last = std::ranges::find_if(*all, is_made);
  const auto good = std::ranges::find_if(*all, is_good);
  if (good != all->end()) runs.note(*good->ended, "");
  if (last != all->end() && last != good) runs.note(*last->ended, last->error);
}

void tell_of_backup(Installation& installation, EventStore& events, Log& log, const BackupRun& run) {
  if (run.error.empty()) log.info(event_type(run), "a backup", {{"file", run.file}});
  if (!run.error.empty()) log.error(event_type(run), run.error, {{"file", run.file}});
  const auto recorded = record(installation, events, run);
  if (!recorded) log.error("backup.event.lost", recorded.error().message);
}

}  // namespace warder::manager
