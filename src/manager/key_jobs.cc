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
  const auto wrapped = tenants.keys().rewrap(KeyStore::kRewrapBatch);
  if (const auto noted = installation_.key_operations.note_uses("job:keys"); !noted)
    log_.warning("keys.audit.failed", noted.error().message);
  if (!wrapped) return log_.warning("keys.rewrap.failed", wrapped.error().message);
  if (*wrapped > 0)
    log_.info("keys.rewrap", "tenants' keys were wrapped under the present root key",
              {{"keys", std::to_string(*wrapped)}});
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
