// The life of tenants, as operators of the first tenant run it: made with their first administrator, changed,
// suspended, deleted after a wait. Every step is an audit entry of the first tenant and of the tenant itself.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/identity/identity.h"
#include "manager/policies/policies.h"
#include "manager/provisioning/tenant_template.h"
#include "manager/tenancy/tenant_scope.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

struct TenantDraft {
  std::string name;             // 1 to 63 of a-z, 0-9 and '-'
  std::string database_server;  // of the settings; empty: the one with the fewest tenants
  std::string administrator = "admin";
  std::string display_name = "Administrator";
  std::optional<std::string> email;
  std::optional<TenantLimits> limits;          // absent: those of the template
  std::optional<std::string> event_partition;  // likewise
};

/// What is absent stays.
struct TenantChange {
  std::optional<std::optional<std::int64_t>> max_agents;
  std::optional<std::optional<std::int64_t>> max_users;
  std::optional<std::optional<std::int64_t>> max_events_per_day;
  std::optional<std::string> event_partition;  // "day", "month", or empty: by what the tenant sends
};

struct NewTenant {
  Tenant tenant;
  std::string username;  // "<tenant>/<administrator>", as it logs in
  ResetLink link;        // with which its administrator chooses a password, once
};

struct ProvisioningOptions {
  std::chrono::days deletion_wait{30};
};

/// Thread-safe. Forbidden to everybody outside of the first tenant, whatever rights they have.
class Provisioning {
 public:
  Provisioning(Tenants& tenants, Identity& identity, Policies& policies, AuditLog& audit, const host::Clock& clock,
               ProvisioningOptions options = {});

  /// Forbidden, and why in the audit log, to who is not of the first tenant.
  Result<void> check_operator(const TenantScope& scope) const;

  /// All of it or nothing: until it is whole, the tenant is suspended and due to be erased within the hour. Conflict:
  /// the name is taken.
  Result<NewTenant> create(const TenantScope& scope, const TenantDraft& draft);
  Result<std::vector<Tenant>> list(const TenantScope& scope) const;
  Result<Tenant> find(const TenantScope& scope, const TenantId& id) const;
  Result<Tenant> change(const TenantScope& scope, const TenantId& id, const TenantChange& change);

  /// Nobody logs in and nothing enrols; agents go on protecting and their events are kept. Conflict while a deletion
  /// waits.
  Result<Tenant> suspend(const TenantScope& scope, const TenantId& id, std::string_view reason);
  /// Suspends it, and has it erased when the wait is over. Asked for again, the wait does not begin anew.
  Result<Tenant> request_deletion(const TenantScope& scope, const TenantId& id, std::string_view reason);
  /// Serves it again: after a suspension, or when a deletion is taken back.
  Result<Tenant> resume(const TenantScope& scope, const TenantId& id);
  /// Erases those whose wait is over; the first tenant's audit log keeps which keys were destroyed. `scope`: a job's.
  Result<std::vector<Tenant>> erase_due(const TenantScope& scope);

  Result<TenantTemplate> tenant_template(const TenantScope& scope) const;
  /// Stale unless `etag` is the one read, or "*".
  Result<TenantTemplate> set_template(const TenantScope& scope, std::string_view etag,
                                      const boost::json::object& document);

 private:
  Result<Tenant> set_status(const TenantScope& scope, const TenantId& id, std::string_view action,
                            const std::function<Result<void>(TenantTerms&)>& change);
  /// Into the first tenant's log and, while it is there, the tenant's.
  Result<void> record(const TenantScope& scope, const Tenant& tenant, std::string_view action,
                      boost::json::object detail) const;
  Result<NewTenant> furnish(const Tenant& tenant, const TenantDraft& draft, const TenantTemplate& from);

  Tenants& tenants_;
  Identity& identity_;
  Policies& policies_;
  AuditLog& audit_;
  ScopeMaker scopes_;
  const host::Clock& clock_;
  const ProvisioningOptions options_;
};

/// The tables of control.db.
FeatureSchema provisioning_schema();

}  // namespace warder::manager
