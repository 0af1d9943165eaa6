// Looks after the audit lists of all tenants while the manager runs: has what is new signed, and verifies each list as
// a whole from time to time, so that who changes rows behind the manager's back is found without anybody asking.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>

#include "base/job_states.h"
#include "base/log.h"
#include "base/metrics.h"
#include "manager/audit/audit_log.h"
#include "manager/tenancy/scope_maker.h"

namespace warder::manager {

struct AuditKeeperOptions {
  std::chrono::seconds checkpoint{10};  // an entry is signed for within this time
  std::chrono::seconds verify{86'400};  // between two verifications of a list
  std::chrono::milliseconds rest{10};   // between the pages of a verification
  /// Told, by the working thread, which lists have something new, maybe not committed yet; the first time all lists.
  std::function<void(const std::set<TenantId>&)> tell_changed{};
  JobRuns runs{};
};

struct AuditFinding {
  std::int64_t entry = 0;  // the first that is not as it was; 0: not known
  std::string detail;
  friend bool operator==(const AuditFinding&, const AuditFinding&) = default;
};

/// Thread-safe. A finding is told when it is new, and again with every verification that still has it.
///
/// What this process has signed or seen it remembers: whoever makes the whole list anew, with all keys, while it runs
/// is found with the next entry. That finding stays until the program ends.
class AuditKeeper {
 public:
  using Told = std::function<void(const TenantScope&, const AuditFinding&)>;
  struct Parts {
    Tenants& tenants;
    const ScopeMaker& scopes;
    AuditLog& audit;
    const host::Clock& clock;
    Log& log;
    Metrics& metrics;
  };
  AuditKeeper(const Parts& parts, AuditKeeperOptions options, Told told);
  ~AuditKeeper();
  AuditKeeper(const AuditKeeper&) = delete;
  AuditKeeper& operator=(const AuditKeeper&) = delete;

  /// Works in a thread of its own until the end.
  void start();
  /// What the thread does every `checkpoint`: signs what came in (the first time: every list) and verifies the lists
  /// whose time has come. For tests; one caller at a time.
  void work(const std::stop_token& stop = {});
  /// The thread verifies every list now.
  void verify_soon();
  /// Somebody verified a list, on demand.
  void note(const TenantScope& scope, const AuditVerification& verification);
  /// What is wrong with the tenant's list, as far as it is known.
  [[nodiscard]] std::optional<AuditFinding> finding(const TenantId& tenant) const;

 private:
  using Steady = std::chrono::steady_clock::time_point;
  struct Remembered {
    crypto::NoteKey key;
    crypto::MerkleHead head;
  };
  struct Kept {
    std::optional<Steady> verified;
    std::optional<Remembered> remembered;
    std::optional<AuditFinding> forked;  // stays
    std::optional<AuditFinding> broken;  // of the last verification
  };

  void run(const std::stop_token& stop);
  void sign_new();
  Result<void> sign(const TenantScope& scope);
  Result<std::optional<AuditFinding>> compare_with_memory(const TenantScope& scope, const AuditCheckpoint& checkpoint);
  void verify(const TenantScope& scope, const std::stop_token& stop);
  bool rest(const std::stop_token& stop);
  [[nodiscard]] bool is_due(const TenantId& tenant) const;
  void set_gauge();

  const Parts parts_;
  const AuditKeeperOptions options_;
  const Told told_;
  Gauge& broken_gauge_;
  Counter& verified_counter_;
  std::set<TenantId> unsigned_;  // of the working thread
  bool is_first_ = true;         // of the working thread
  Steady next_sign_{};           // of the working thread
  mutable std::mutex mutex_;     // guards all below but thread_
  std::condition_variable_any changed_;
  bool is_wanted_ = false;
  std::map<TenantId, Kept> kept_;
  std::jthread thread_;
};

}  // namespace warder::manager
