// Carries out the checks, keeps their results, and says what becomes of each promise.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/job_states.h"
#include "base/log.h"
#include "manager/notify/notice.h"
#include "manager/tenancy/scope_maker.h"
#include "manager/trust/duties.h"
#include "manager/trust/evidence.h"
#include "manager/trust/policy_reminders.h"
#include "manager/trust/trust_store.h"

namespace warder::manager {

struct TrustOptions {
  std::chrono::seconds interval{3600};  // between two results of a check
  std::chrono::seconds limit{60};       // for one check
  JobRuns runs{};
};

/// What is to be told: a promise that is broken or kept again, evidence that a duty needs, a written policy that people
/// have yet to acknowledge.
struct TrustNews {
  enum class Kind : std::uint8_t {
    Failed,
    Recovered,
    EvidenceDue,
    EvidenceOverdue,
    EvidenceRenewed,  // nobody is to be reminded any more
    PolicyDue,
    PolicyOverdue,
    PolicyAcknowledged  // nobody is overdue any more
  } kind = Kind::Failed;
  std::string about;  // the promise's id, or the policy's
  std::string detail{};
  std::vector<std::string> people{};  // whose it is, by name
  std::optional<Notice> notice{};     // what they read
};

/// All that the page and the status are made of, as of one moment.
struct TrustSnapshot {
  struct Line {
    const Commitment* commitment = nullptr;
    Assessment assessment;
  };
  Timestamp time;
  std::vector<Line> lines;
  LatestResults results;
};

/// Thread-safe. Its checks run one after the other, in a thread of its own, on one manager of all.
class TrustCenter {
 public:
  struct Parts {
    Tenants& tenants;
    const ScopeMaker& scopes;
    AuditLog& audit;
    const host::Clock& clock;
    Log& log;
    PolicyPeople people{};  // who is to acknowledge policies
  };
  using Told = std::function<void(const TenantScope&, const TrustNews&)>;
  static constexpr std::chrono::seconds kTick{5};  // at most between two looks at what is due
  TrustCenter(const Parts& parts, TrustOptions options, std::vector<Commitment> commitments, Told told);
  ~TrustCenter();
  TrustCenter(const TrustCenter&) = delete;
  TrustCenter& operator=(const TrustCenter&) = delete;

  /// Before start(). Invalid when a promise names a check that is not among them.
  Result<void> use(std::vector<Check> checks);
  void start();
  /// Every check is carried out now.
  void run_soon();
  /// What the thread does every few seconds: one caller at a time. False: another manager is at it.
  Result<bool> work(const std::stop_token& stop = {});

  Result<TrustSnapshot> snapshot();
  [[nodiscard]] const std::vector<Commitment>& commitments() const noexcept { return commitments_; }
  [[nodiscard]] const std::vector<Check>& checks() const noexcept { return checks_; }
  /// The first tenant, as this job. NotFound before there is one.
  [[nodiscard]] Result<TenantScope> scope() const;
  TrustStore& store() noexcept { return store_; }
  EvidenceRegister& evidence() noexcept { return evidence_; }
  Duties& duties() noexcept { return duties_; }
  WrittenPolicies& policies() noexcept { return policies_; }
  [[nodiscard]] const TrustOptions& options() const noexcept { return options_; }

 private:
  void run(const std::stop_token& stop);
  [[nodiscard]] bool is_due(const LatestResults& latest, const Check& check) const;
  Result<void> run_checks(const TenantScope& scope, const std::stop_token& stop);
  Result<void> note_states(const TenantScope& scope);
  Result<void> remind(const TenantScope& scope);
  void tell_change(const TenantScope& scope, const Commitment& commitment, bool was_broken,
                   const Assessment& assessment);

  const Parts parts_;
  const TrustOptions options_;
  const std::vector<Commitment> commitments_;
  const Told told_;
  const std::string holder_;
  TrustStore store_;
  EvidenceRegister evidence_;
  Duties duties_;
  WrittenPolicies policies_;
  PolicyReminders reminders_;
  std::vector<Check> checks_;  // before start() only
  std::mutex mutex_;           // guards wanted_
  std::condition_variable_any changed_;
  std::set<std::string, std::less<>> wanted_;
  std::jthread thread_;
};

}  // namespace warder::manager
