// A breach of the whole service: whose personal data, tenant by tenant. Numbers only; each tenant sees in its audit log
// that it was counted.
#pragma once

#include <string>
#include <vector>

#include "manager/incidents/breach_notice.h"

namespace warder::manager {

inline constexpr std::size_t kMaxCountedInAll = 1'000'000;  // events

struct TenantAffected {
  TenantId tenant;
  std::string name;
  Affected counted;
  std::string error;  // why it could not be counted; empty: it was
};

struct AffectedTenants {
  std::vector<TenantAffected> tenants;  // of all, in the order of their list
  std::int64_t affected = 0;            // with at least one event with personal data
  std::int64_t records = 0;             // such events
  std::int64_t persons = 0;             // the tenants' together: one who is in two of them counts twice
  bool is_complete = true;              // false: a tenant was not counted, or not to its end
};

/// What the counting stands on.
struct AffectedParts {
  Tenants& tenants;
  EventStore& events;
  AuditLog& audit;
};

/// Events of a stretch of time, in each tenant. There is no filter: by one, who counts could ask what is in events that
/// they may not read. Whether the scope's owner may do this is the caller's to know.
Result<AffectedTenants> count_affected_tenants(const AffectedParts& parts, const TenantScope& scope,
                                               const Incident& incident, const AffectedScope& asked);

}  // namespace warder::manager
