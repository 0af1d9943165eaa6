// The reports that a tenant wants made, as they are kept.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string_view>

#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/identity/users.h"
#include "manager/policies/page.h"
#include "manager/reports/report.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

/// Thread-safe. Every change is an audit entry of the same transaction. Bodies are those of read_report(). `etag` is
/// the one read, or "*"; an old one is Stale.
class Reports {
 public:
  Reports(Tenants& tenants, AuditLog& audit, Users& users, const host::Clock& clock) noexcept
      : tenants_(tenants), audit_(audit), users_(users), clock_(clock) {}

  /// By name.
  Result<Page<Report>> list(const TenantScope& scope, const PageRequest& page);
  Result<Report> find(const TenantScope& scope, const ReportId& id);
  /// Invalid with a pointer, for a recipient who is not there too: "/recipients/0: …". Conflict beyond kMaxReports.
  Result<Report> create(const TenantScope& scope, const boost::json::object& body);
  Result<Report> update(const TenantScope& scope, const ReportId& id, std::string_view etag,
                        const boost::json::object& body);
  /// What was made of it stays with its recipients; what still waits is not made.
  Result<void> remove(const TenantScope& scope, const ReportId& id, std::string_view etag);

  /// Has it made now, for all its recipients, though its schedule rests: says for how many. Conflict while one waits,
  /// or without any recipient.
  Result<std::int64_t> run(const TenantScope& scope, const ReportId& id);
  /// Puts down what is to be made of all reports that are due, each once for the latest point it was due at, however
  /// many were missed; says how many reports that were. Any number of managers may call it.
  Result<std::int64_t> put_due(const TenantScope& scope);

 private:
  Result<void> check_recipients(const TenantScope& scope, const ReportDraft& draft);
  Result<void> record(Db& transaction, const TenantScope& scope, std::string_view action, const Report& report);
  /// Of an occurrence, for every recipient.
  static Result<void> put(Db& transaction, const Report& report, Timestamp occurrence, std::string_view asked_by);

  Tenants& tenants_;
  AuditLog& audit_;
  Users& users_;
  const host::Clock& clock_;
};

/// The tables of config.db: of all of reports.
FeatureSchema reports_schema();

}  // namespace warder::manager
