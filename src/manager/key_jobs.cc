#include "manager/key_jobs.h"

#include "manager/tenancy/key_store.h"

namespace warder::manager {

void KeyJobs::run() {
  refresh();
  renew();
  is_first_ = false;
}

void KeyJobs::refresh() {
  Tenants& tenants = *installation_.tenants;
  if (const auto refreshed = tenants.refresh(); !refreshed)
    log_.warning("keys.refresh.failed", refreshed.error().message);
  // Batch by batch, so that others who make keys get their turn.
  Result<std::size_t> wrapped = tenants.keys().rewrap(KeyStore::kRewrapBatch);
  std::size_t all = 0;
  for (; wrapped && *wrapped > 0; wrapped = tenants.keys().rewrap(KeyStore::kRewrapBatch)) all += *wrapped;
  if (const auto noted = installation_.key_operations.note_uses("job:keys"); !noted)
    log_.warning("keys.audit.failed", noted.error().message);
  if (!wrapped) log_.warning("keys.rewrap.failed", wrapped.error().message);
  if (all > 0)
    log_.info("keys.rewrap", "tenants' keys were wrapped under the present root key", {{"keys", std::to_string(all)}});
}

void KeyJobs::renew() {
  Tenants& tenants = *installation_.tenants;
  const Timestamp now = installation_.clock.now();
  tell(std::string{kControlOwner}, renew_control_seals(tenants, now, is_first_));
  for (const Tenant& tenant : tenants.list()) {
    const auto scope = installation_.scopes.make(tenant.id, "job:keys");
    if (scope) tell(tenant.id.text(), renew_seals(tenants, *scope, now, is_first_));
  }
}

void KeyJobs::tell(const std::string& owner, const Result<ResealReport>& report) {
  if (!report) return log_.warning("keys.reseal.failed", report.error().message, {{"owner", owner}});
  if (report->broken > 0) {
    log_.warning("keys.reseal.broken", "sealed values do not open and stay as they are",
                 {{"owner", owner}, {"values", std::to_string(report->broken)}});
  }
  if (report->sealed > 0) {
    log_.info("keys.reseal", "values were sealed anew", {{"owner", owner}, {"values", std::to_string(report->sealed)}});
  }
}

}  // namespace warder::manager
