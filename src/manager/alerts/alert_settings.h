// What a tenant has decided about alerts: rules of its own and changes to those of the catalogue, routes, silences,
// heartbeats.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/clock.h"
#include "manager/alerts/alert_rule.h"
#include "manager/alerts/routing.h"
#include "manager/audit/audit_log.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

inline constexpr std::size_t kMaxAlertSettings = 500;  // of a kind

/// Thread-safe. Every change is an audit entry of the same transaction. Bodies are those of alert_rule.h and routing.h;
/// what cannot be one is Invalid with a pointer. `etag` is the one read, or "*"; an old one is Stale.
class AlertSettings {
 public:
  AlertSettings(Tenants& tenants, AuditLog& audit, const host::Clock& clock, std::vector<AlertRule> catalogue)
      : tenants_(tenants), audit_(audit), clock_(clock), catalogue_(std::move(catalogue)) {}

  /// Those of the catalogue, as the tenant wants them, then its own, each by name.
  Result<std::vector<AlertRule>> rules(const TenantScope& scope);
  Result<AlertRule> rule(const TenantScope& scope, std::string_view id);
  Result<AlertRule> add_rule(const TenantScope& scope, std::string_view name, const boost::json::object& body);
  Result<AlertRule> change_rule(const TenantScope& scope, std::string_view id, std::string_view etag,
                                const boost::json::object& body);
  /// One of the catalogue is again as it came.
  Result<void> remove_rule(const TenantScope& scope, std::string_view id, std::string_view etag);

  Result<std::vector<AlertRoute>> routes(const TenantScope& scope);
  Result<AlertRoute> route(const TenantScope& scope, std::string_view id);
  Result<AlertRoute> add_route(const TenantScope& scope, std::string_view name, const boost::json::object& body);
  Result<AlertRoute> change_route(const TenantScope& scope, std::string_view id, std::string_view etag,
                                  const boost::json::object& body);
  Result<void> remove_route(const TenantScope& scope, std::string_view id, std::string_view etag);

  /// Those that are over go after 90 days.
  Result<std::vector<AlertSilence>> silences(const TenantScope& scope);
  Result<AlertSilence> silence(const TenantScope& scope, std::string_view id);
  /// From now on unless the body says otherwise; the owner is who asks.
  Result<AlertSilence> add_silence(const TenantScope& scope, std::string_view name, const boost::json::object& body);
  Result<void> remove_silence(const TenantScope& scope, std::string_view id, std::string_view etag);

  Result<std::vector<AlertHeartbeat>> heartbeats(const TenantScope& scope);
  Result<AlertHeartbeat> heartbeat(const TenantScope& scope, std::string_view id);
  Result<AlertHeartbeat> add_heartbeat(const TenantScope& scope, std::string_view name,
                                       const boost::json::object& body);
  Result<AlertHeartbeat> change_heartbeat(const TenantScope& scope, std::string_view id, std::string_view etag,
                                          const boost::json::object& body);
  Result<void> remove_heartbeat(const TenantScope& scope, std::string_view id, std::string_view etag);

 private:
  struct Stored;
  Result<std::vector<Stored>> list(const TenantScope& scope, std::string_view kind);
  Result<Stored> find(Db& db, std::string_view kind, std::string_view id) const;
  Result<Stored> insert(const TenantScope& scope, std::string_view kind, std::string_view id, std::string_view name,
                        const boost::json::object& body);
  Result<Stored> replace(const TenantScope& scope, std::string_view kind, std::string_view id, std::string_view etag,
                         const boost::json::object& body);
  Result<void> remove(const TenantScope& scope, std::string_view kind, std::string_view id, std::string_view etag);
  Result<void> record(Db& db, const TenantScope& scope, std::string_view kind, std::string_view verb,
                      const Stored& stored);
  [[nodiscard]] const AlertRule* of_catalogue(std::string_view id) const;

  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
  const std::vector<AlertRule> catalogue_;
};

/// The table of config.db.
FeatureSchema alert_settings_schema();

}  // namespace warder::manager
