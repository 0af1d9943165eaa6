// What has to be done for tenants without anybody asking: usage counted, passed limits told, due deletions done, and
// the list kept up with other managers.
#pragma once

#include <string_view>

#include "base/log.h"
#include "base/result.h"
#include "manager/events/event_store.h"
#include "manager/provisioning/provisioning.h"
#include "manager/provisioning/usage.h"

namespace warder::manager {

/// For one thread.
class TenantJobs {
 public:
  TenantJobs(Tenants& tenants, Provisioning& provisioning, Usage& usage, EventStore& events, const host::Clock& clock,
             Log& log)
      : tenants_(tenants),
        provisioning_(provisioning),
        usage_(usage),
        events_(events),
        scopes_(tenants),
        clock_(clock),
        log_(log) {}

  /// Takes over what other managers did to the list of tenants; every few seconds.
  void keep_up();
  /// Counts, warns (event tenant.limit.events, in the tenant and in the first one) and erases; every hour.
  void run();

 private:
  Result<void> look_at(const Tenant& tenant, const TenantScope& first);
  Result<void> warn(const TenantScope& scope, const Tenant& tenant, std::int64_t events);

  Tenants& tenants_;
  Provisioning& provisioning_;
  Usage& usage_;
  EventStore& events_;
  ScopeMaker scopes_;
  const host::Clock& clock_;
  Log& log_;
};

}  // namespace warder::manager
