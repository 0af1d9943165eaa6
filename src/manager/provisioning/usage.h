// What each tenant uses, day by day: for the operators who plan and bill, and for the tenant itself.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "host/clock.h"
#include "manager/events/event_store.h"
#include "manager/tenancy/tenant_scope.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

/// Of one day in UTC; agents, users and bytes as they were when the day was last looked at.
struct TenantUsage {
  Timestamp day;
  std::int64_t agents = 0;
  std::int64_t users = 0;
  std::int64_t events = 0;  // by their time; explained ones count too
  std::int64_t bytes = 0;   // the tenant's databases and folder
};

/// Thread-safe.
class Usage {
 public:
  Usage(Tenants& tenants, EventStore& events, const host::Clock& clock) noexcept
      : tenants_(tenants), events_(events), clock_(clock) {}

  /// Counts now.
  Result<TenantUsage> today(const TenantScope& scope);
  /// Counts now and keeps it, with the events of yesterday as they are by now. Idempotent.
  Result<TenantUsage> sample(const TenantScope& scope);
  /// True the first time that it is asked about a sampled day: whoever warns, warns once a day.
  Result<bool> take_warning(const TenantScope& scope, Timestamp day);

 private:
  struct Look {
    TenantUsage today;
    std::int64_t events_yesterday = 0;
  };
  Result<Look> look(const TenantScope& scope);

  Tenants& tenants_;
  EventStore& events_;
  const host::Clock& clock_;
};

/// The newest `limit` days that were looked at, newest first.
Result<std::vector<TenantUsage>> usage_days(Tenants& tenants, const TenantScope& scope, std::size_t limit);

/// What a partition of the tenant's events should hold: as its terms say, else by what it sent in the last seven days
/// that were looked at.
PartitionSize partition_for(Tenants& tenants, const TenantScope& scope, Timestamp now);

}  // namespace warder::manager
