// GET /system/health: whether the manager does its work, and what needs somebody before it does not any more.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/job_states.h"
#include "host/clock.h"
#include "manager/api/router.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

/// One that the manager shows, issues by, or trusts.
struct HeldCertificate {
  std::string role;  // "api", "gateway", "authority", "client-authority", "directory-authority"
  std::string subject;
  Timestamp not_after;
};

struct DiskSpace {
  std::uint64_t total = 0;
  std::uint64_t available = 0;
};

/// Where the answer comes from. The first tenant is told of the manager itself; each tenant of what it has put in.
struct HealthSources {
  const Tenants& tenants;
  const host::Clock& clock;
  const JobStates& jobs;
  std::function<Result<std::vector<HeldCertificate>>()> certificates;
  std::function<Result<std::vector<HeldCertificate>>(const TenantScope&)> tenant_certificates;
  std::function<Result<void>()> database;   // whether it answers
  std::function<Result<DiskSpace>()> disk;  // where the data is
};

/// Of a certificate that ends sooner than this somebody is told. The manager renews its own before.
inline constexpr std::chrono::days kCertificateSoon{21};
/// So little of a disk left is low.
inline constexpr unsigned kLowDiskPercent = 10;

void add_health_routes(Routes& routes, const HealthSources& sources);

}  // namespace warder::manager
