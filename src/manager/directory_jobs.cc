#include "manager/directory_jobs.h"

namespace warder::manager {

void DirectoryJobs::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      parts_.runs.run([&] { work(stop); });
      std::unique_lock lock(mutex_);
      ended_.wait_for(lock, stop, kPause, [] { return false; });
    }
  });
}

void DirectoryJobs::work(const std::stop_token& stop) {
  for (const Tenant& tenant : parts_.tenants.list()) {
    if (stop.stop_requested()) return;
    if (!parts_.tenants.check_served(tenant.id)) continue;
    const auto scope = parts_.scopes.make(tenant.id, "job:directories");
    if (!scope) continue;
    const auto outcomes = parts_.sync.run_due(*scope);
    if (!outcomes) parts_.log.warning("directory.sync.failed", outcomes.error().message, {{"tenant", tenant.name}});
    if (!outcomes) continue;
    for (const SyncOutcome& outcome : *outcomes) {
      if (outcome.report) continue;
      parts_.log.warning("directory.sync.failed", outcome.name + ": " + outcome.report.error().message,
                         {{"tenant", tenant.name}});
    }
  }
}

}  // namespace warder::manager
