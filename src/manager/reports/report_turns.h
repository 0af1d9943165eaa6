// Making what is due.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "host/clock.h"
#include "manager/identity/identity.h"
#include "manager/reports/report_data.h"
#include "manager/reports/report_deliveries.h"
#include "manager/reports/reports.h"

namespace warder::manager {

/// In the transaction that notes that it was told: what is to be sent to the recipients of a run. May be empty.
using TellOfReport = std::function<Result<void>(Db& transaction, const TenantScope& scope, const FinishedRun& run)>;

struct ReportTurnsOptions {
  std::chrono::days kept{90};  // of deliveries
  std::string holder;          // the name of this manager among those that share the database
};

struct ReportTurn {
  std::int64_t made = 0;
  std::int64_t failed = 0;              // for good
  std::vector<std::string> problems{};  // why something is to be tried again: for the log of the manager
};

/// Single-threaded; any number of managers may have one. Each recipient gets what the functions behind the API give
/// somebody with the rights that this recipient has at that moment.
class ReportTurns {
 public:
  ReportTurns(Reports& reports, ReportDeliveries& deliveries, Identity& identity, ReportSources sources,
              const host::Clock& clock, ReportTurnsOptions options, TellOfReport tell = {});

  /// `scope`: the manager's own, "job:reports". Puts down what is due, makes one after another until nothing is left or
  /// `stop` is asked for, stores the event `report.made` (info), or `report.failed` (medium) where anything failed, of
  /// each occurrence that is finished, has it told, and forgets old deliveries.
  Result<ReportTurn> turn(const TenantScope& scope, const std::stop_token& stop = {});

 private:
  /// Forbidden or NotFound when the recipient may not have it.
  [[nodiscard]] Result<ReportDocument> document_of(const TenantScope& scope, const ReportDelivery& delivery) const;
  Result<void> make(const TenantScope& scope, const ReportDelivery& delivery, ReportTurn& turn);
  Result<void> tell(const TenantScope& scope, ReportTurn& turn);
  Result<void> tell(const TenantScope& scope, const FinishedRun& run);

  Reports& reports_;
  ReportDeliveries& deliveries_;
  Identity& identity_;
  ReportSources sources_;
  const host::Clock& clock_;
  const ReportTurnsOptions options_;
  TellOfReport tell_;
};

}  // namespace warder::manager
