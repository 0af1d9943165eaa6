// What was made of reports: for each recipient one document, sealed, that only this recipient can read.
#pragma once

#include <boost/json/fwd.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/policies/page.h"
#include "manager/reports/report.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

using ReportDeliveryId = Id<struct ReportDeliveryTag>;
using ReportRunId = Id<struct ReportRunTag>;

/// Waiting: not made yet, or to be tried again. Failed: for good, with a reason and without a document.
enum class DeliveryState : std::uint8_t { Waiting = 0, Made = 1, Failed = 2 };
std::string_view name(DeliveryState state) noexcept;  // "waiting" …

/// One report, at one occurrence, for one recipient.
struct ReportDelivery {
  ReportDeliveryId id;
  ReportRunId run;
  ReportId report;  // may be gone
  std::string report_name;
  ReportKind kind = ReportKind::Events;
  UserId recipient;
  Timestamp occurrence{};
  ReportPeriod period{};
  std::string filter;
  std::string language;
  DeliveryState state = DeliveryState::Waiting;
  std::string reason;             // of a failure
  std::optional<Timestamp> made;  // or failed
  std::string sha256;             // of the document, hex
  std::int64_t rows = 0;          // of its tables
  std::int64_t bytes = 0;
};

/// {"id", "report_id", "report_name", "kind", "recipient", "state", "reason", "made", "occurrence", "from", "to",
/// "filter", "language", "sha256", "rows", "bytes"}; null where there is none.
boost::json::object delivery_json(const ReportDelivery& delivery);

/// What a delivery can be read as. PDF is made of the HTML by who has a browser for it (pdf.h).
enum class ReportFormat : std::uint8_t { Html, Csv, Json, Pdf };
std::string_view name(ReportFormat format) noexcept;  // "html" …
Result<ReportFormat> parse_report_format(std::string_view text);
std::string_view media_type(ReportFormat format) noexcept;
/// "Weekly events" of 2026-11-27 → "weekly-events-20261127.csv": nothing but letters, digits, '-' and '.'.
std::string file_name(const ReportDelivery& delivery, ReportFormat format);

/// An occurrence of a report of which nothing waits any more.
struct FinishedRun {
  ReportRunId id;
  ReportId report;
  std::string report_name;
  ReportKind kind = ReportKind::Events;
  Timestamp occurrence{};
  std::vector<ReportDelivery> deliveries;  // all of them, made or failed
};

/// Thread-safe. People see the deliveries that were made for them: what is another's is NotFound.
class ReportDeliveries {
 public:
  ReportDeliveries(Tenants& tenants, AuditLog& audit, const host::Clock& clock) noexcept
      : tenants_(tenants), audit_(audit), clock_(clock) {}

  /// The newest first, made and failed ones; of one report, or of all.
  Result<Page<ReportDelivery>> list(const TenantScope& scope, const std::optional<ReportId>& report,
                                    const PageRequest& page);
  Result<ReportDelivery> find(const TenantScope& scope, const ReportDeliveryId& id);
  /// The document, byte for byte what was hashed; `format` stands in the audit entry that says who got it. Conflict
  /// when there is none, Corrupt when it is not what was made.
  Result<std::string> download(const TenantScope& scope, const ReportDeliveryId& id, ReportFormat format);

  // For the one who makes them.

  /// The next one that waits and nobody has: nobody else gets it for kHold.
  static constexpr std::chrono::minutes kHold{10};
  Result<std::optional<ReportDelivery>> take(const TenantScope& scope, std::string_view holder);
  /// Conflict when somebody else has it meanwhile, or has made it.
  Result<void> put_made(const TenantScope& scope, const ReportDeliveryId& id, std::string_view holder,
                        std::string_view document, std::int64_t rows);
  Result<void> put_failed(const TenantScope& scope, const ReportDeliveryId& id, std::string_view holder,
                          std::string_view reason);
  /// Later again, after ever longer pauses; failed for good, with this reason, after kMaxTries.
  static constexpr std::int64_t kMaxTries = 8;  // within about a day
  Result<void> put_back(const TenantScope& scope, const ReportDeliveryId& id, std::string_view holder,
                        std::string_view reason);

  /// Those that nobody was told of.
  Result<std::vector<FinishedRun>> untold(const TenantScope& scope);
  /// In the caller's transaction; false when somebody else has.
  static Result<bool> mark_told(Db& transaction, const ReportRunId& run);

  /// Forgets those that are older, and those of users who are gone.
  Result<void> prune(const TenantScope& scope, std::chrono::days kept);

 private:
  Result<ReportDelivery> find_own(Db& db, const TenantScope& scope, const ReportDeliveryId& id) const;

  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
};

}  // namespace warder::manager
