// What checks have found and what became of each promise, in the first tenant's config.db. Every result and every
// change of state is an entry of that tenant's audit log, written in the same transaction.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/sign.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"
#include "manager/trust/assessment.h"
#include "manager/trust/check.h"
#include "manager/trust/notice_version.h"

namespace warder::manager {

inline constexpr std::string_view kTrustCheckAction = "trust.check";
inline constexpr std::string_view kTrustStateAction = "trust.state";
inline constexpr std::string_view kTrustNoticeAction = "trust.notice";
inline constexpr std::string_view kTrustMeasuresAction = "trust.measures";
/// Of each check so many results are kept here; the audit log keeps all.
inline constexpr std::int64_t kResultsKept = 500;

struct StateChange {
  std::string commitment;
  Timestamp time;
  TrustState state = TrustState::NotMeasured;
  std::string reason;
  std::int64_t entry = 0;  // of the audit log
};

/// Thread-safe. `scope`: of the first tenant.
class TrustStore {
 public:
  TrustStore(Tenants& tenants, AuditLog& audit, const host::Clock& clock)
      : tenants_(tenants), audit_(audit), clock_(clock) {}

  /// As of now. The public part of it (check, verdict, percentage) goes into the audit log.
  Result<CheckResult> add_result(const TenantScope& scope, std::string_view check, const CheckOutcome& outcome);
  Result<LatestResults> latest(const TenantScope& scope);
  /// Promises that were broken and have not been kept since, whatever came in between.
  Result<std::set<std::string, std::less<>>> broken(const TenantScope& scope);
  /// Of one check, the newest first.
  Result<std::vector<CheckResult>> results(const TenantScope& scope, std::string_view check, std::size_t limit);

  /// What was last written of each promise.
  Result<std::vector<StateChange>> states(const TenantScope& scope);
  Result<StateChange> add_state(const TenantScope& scope, std::string_view commitment, const Assessment& assessment);
  /// Of all promises, the newest first; `before`: of the page before.
  Result<std::vector<StateChange>> history(const TenantScope& scope, std::size_t limit,
                                           std::optional<std::int64_t> before = std::nullopt);

  /// Of all managers one carries out checks. False: another one does. Holds until `until` on the wall clock, and for
  /// nobody longer than `longest`, whatever the clock was when it was taken.
  Result<bool> hold(const TenantScope& scope, std::string_view holder, std::chrono::seconds longest);
  Result<void> let_go(const TenantScope& scope, std::string_view holder);

  /// The versions of the Data Collection Notice, the newest first; one more, as of now, when `digest` is not the
  /// newest's.
  Result<std::vector<NoticeVersion>> notice_versions(const TenantScope& scope, const std::string& digest);
  /// Likewise, of the list of measures.
  Result<std::vector<NoticeVersion>> measures_versions(const TenantScope& scope, const std::string& digest);

  /// What the status is signed with; made on first use.
  Result<crypto::SigningKey> signing_key(const TenantScope& scope);

 private:
  struct Versioned;
  Result<std::vector<NoticeVersion>> versions(const TenantScope& scope, const Versioned& what,
                                              const std::string& digest);

  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
};

/// The tables of config.db, evidence and duties among them.
FeatureSchema trust_schema();

}  // namespace warder::manager
