// How each person has arranged the dashboard. A matter of taste, like a language: it is not in the audit log.
#pragma once

#include "base/json.h"
#include "manager/tenancy/tenants.h"
#include "model/ids.h"

namespace warder::manager {

struct Dashboard {
  boost::json::array tabs;   // as the contract's DashboardTab; none while it was never arranged
  std::int64_t version = 0;  // 0: never arranged
};

/// Thread-safe. Knows only whose dashboard it is asked for.
class Dashboards {
 public:
  explicit Dashboards(Tenants& tenants) noexcept : tenants_(tenants) {}

  Result<Dashboard> find(const TenantScope& scope, const UserId& user);
  /// `tabs` have passed the contract. Invalid with the pointer of a filter that is none; PreconditionFailed when `etag`
  /// is not that of the one in force. Forgets the dashboards of people who are not there any more.
  Result<Dashboard> save(const TenantScope& scope, const UserId& user, std::string_view etag,
                         const boost::json::array& tabs);

 private:
  Tenants& tenants_;
};

/// The tables of config.db.
FeatureSchema dashboards_schema();

}  // namespace warder::manager
