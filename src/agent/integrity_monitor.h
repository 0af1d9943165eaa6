// Integrity monitoring at work: hears of changes, waits until they settle, lets the engine compare, and reports. Three
// threads share it: one hears (hear), one scans (scan_next), one examines and reports (work_once). Each is a step
// without a loop, so that a test can take them one by one.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>

#include "agent/integrity_explain.h"
#include "agent/integrity_report.h"
#include "agent/module.h"
#include "base/work_budget.h"
#include "engines/integrity/engine.h"
#include "engines/integrity/scan.h"
#include "engines/integrity/suspect_queue.h"
#include "engines/integrity/things.h"
#include "host/file_watch.h"

namespace warder::agent {

struct IntegrityPorts {
  host::FileTree& tree;
  host::FileWatch* watch;  // nullptr: this host lets us hear of nothing, only scans find changes
  host::ProcessTable& processes;
  IntegrityExplanations explanations = {};
  host::HostFacts* facts = nullptr;  // for what is no file; of the scanning thread. nullptr: rules of such sets rest
};

/// Thread-safe, but each of the three steps belongs to one thread.
class IntegrityMonitor final : private integrity::ScanSink {
 public:
  using CompiledPtr = std::shared_ptr<const integrity::Compiled>;

  IntegrityMonitor(ModuleContext& context, IntegrityPorts ports, integrity::Baseline& baseline);

  /// Sends what an earlier run left half-sent and reads what the baseline covers. Before any other step.
  Result<void> start();
  void set_policy(CompiledPtr policy);
  void request_scan(bool reads_content, bool is_announced);

  /// Takes what the watch heard.
  void hear(const host::WatchBatch& batch);
  /// Examines and reports what is due; true when there was something.
  Result<bool> work_once();
  /// Carries out the next scan that is due; false when there is none.
  Result<bool> scan_next(const std::stop_token& stop);

  /// Waits until work_once, or scan_next, may have something to do; at most until `stop`.
  void wait_for_work(const std::stop_token& stop);
  void wait_for_scan(const std::stop_token& stop);

  [[nodiscard]] ModuleStatus status() const;
  [[nodiscard]] CompiledPtr policy() const;

 private:
  struct ScanRequest {
    integrity::ScanOptions options;
    bool is_announced = false;    // an event says how it ended
    bool follows_a_loss = false;  // it makes up for events that were lost
  };
  struct FinishedLists {
    CompiledPtr policy;
    std::map<integrity::SetKind, std::vector<integrity::Thing>> lists;
  };
  struct FinishedScan {
    integrity::ScanReport report;
    ScanRequest request;
    CompiledPtr policy;
    bool has_new_scope = false;
  };

  void on_directory(const std::string& path, const host::FileStat& stat) override;
  void suspect(const std::string& path, std::int64_t changed_ns) override;
  void looked(std::uint64_t bytes) override;

  void add_request(ScanRequest request);
  void add_loss(host::WatchLoss loss);
  void schedule_scans(const integrity::Compiled& compiled);
  void hear_event(const host::WatchEvent& event, const integrity::Compiled& policy,
                  std::map<std::int32_t, std::optional<host::ProcessInfo>>& actors);
  Result<bool> report_overflow();
  Result<bool> finish_scan();
  Result<bool> take_lists();
  Result<bool> finish_lists();
  Result<void> compare_list(const integrity::Compiled& policy, integrity::SetKind kind,
                            const std::vector<integrity::Thing>& now);
  Result<void> examine(const integrity::Compiled& policy, std::vector<integrity::QueuedSuspect> suspects);
  void put_back(const integrity::Outcome& outcome, std::map<std::string, integrity::QueuedSuspect>& suspects);
  std::vector<integrity::QueuedSuspect> take_due(const integrity::Compiled& policy);
  Event make_event(std::string_view type, Severity severity) const;
  void note(std::string_view counter, std::uint64_t count);

  ModuleContext& context_;
  IntegrityPorts ports_;
  integrity::Baseline& baseline_;
  IntegrityReporter reporter_;

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable_any work_;
  std::condition_variable_any scans_;
  CompiledPtr policy_;
  std::shared_ptr<const integrity::Scope> known_;  // what the baseline is complete for
  integrity::SuspectQueue queue_;
  std::deque<ScanRequest> requests_;
  std::deque<FinishedScan> finished_;
  std::deque<FinishedLists> finished_lists_;
  std::optional<integrity::SteadyTime> next_lists_;  // absent: at once
  std::stop_source scan_stop_;
  std::optional<WorkBudget> budget_;  // of the scanning thread alone
  std::optional<integrity::SteadyTime> next_rescan_;
  std::optional<integrity::SteadyTime> next_rehash_;
  std::optional<Timestamp> next_point_;  // of the policy's scan_at
  bool is_adopting_ = false;  // a scan for a new scope has begun and the scope is not kept yet: no other may begin
  std::set<host::WatchLoss> losses_;  // not told yet
  std::set<host::WatchLoss> behind_;  // told, until a scan has made up for them
  std::string uncovered_;             // a directory that no watch could be put on
  std::map<std::string, std::uint64_t, std::less<>> counters_;
};

}  // namespace warder::agent
