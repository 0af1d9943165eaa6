// Log inspection at work: polls the sources, lets the engine look at each line, and reports. One thread, one step at a
// time, so that a test can take the steps one by one.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "agent/log_policy.h"
#include "agent/log_source.h"
#include "agent/log_state.h"
#include "agent/module.h"
#include "base/ids.h"

namespace warder::agent {

/// What the inspector needs of the host.
class LogHost {
 public:
  virtual ~LogHost() = default;
  /// The sources of a policy; one that cannot be had is named in `notices` and left out.
  virtual std::vector<std::unique_ptr<LogSource>> make_sources(const LogPolicy& policy,
                                                               std::vector<LogNotice>& notices) = 0;
  /// False when this process has given up what they need.
  [[nodiscard]] virtual bool can_make_sources(const LogPolicy& /*policy*/) const noexcept { return true; }
  [[nodiscard]] virtual std::string host_name() const = 0;
  [[nodiscard]] virtual std::chrono::seconds utc_offset(Timestamp time) const = 0;
};

/// status() and set_policy() may come from other threads.
class LogInspector {
 public:
  using PolicyPtr = std::shared_ptr<const LogPolicy>;

  LogInspector(ModuleContext& context, LogHost& host, LogState& state);
  ~LogInspector();

  /// Sends what an earlier run left half-sent. Before any other step.
  Result<void> start();
  void set_policy(PolicyPtr policy);
  /// Reads, inspects and reports once; true when there is more to be done at once. While the spool is behind it waits,
  /// and so do the sources.
  Result<bool> work_once();
  /// Keeps what work_once() has read and not yet sent, and sends it, or leaves it to the next start() when the spool
  /// takes nothing any more.
  Result<void> finish();
  /// The last policy cannot come into force here; another process must take over.
  [[nodiscard]] bool wants_fresh_process() const noexcept { return wants_fresh_process_; }
  /// Descriptors that may tell of something before the next look.
  [[nodiscard]] std::vector<int> descriptors() const;
  [[nodiscard]] ModuleStatus status() const;

 private:
  struct Bucket;  // the rate guard

  Result<void> adopt(PolicyPtr policy);
  void inspect(const LogSource& source, std::vector<LogRecord> records, Timestamp now);
  void inspect_one(const LogRecord& record, Timestamp now);
  void add_notices();
  void report_skipped();
  void report_expired(Timestamp now);
  Result<void> send(Timestamp now);
  void publish();

  ModuleContext& context_;
  LogHost& host_;
  LogState& state_;
  UuidGenerator ids_;

  PolicyPtr policy_;
  std::vector<loginspection::Engine> engines_;
  std::vector<std::unique_ptr<LogSource>> sources_;
  std::map<std::string, std::string> stored_;  // positions as the state has them
  std::vector<LogNotice> notices_;
  std::vector<Event> gathered_;  // of lines behind the positions in the state
  std::unique_ptr<Bucket> bucket_;
  std::chrono::steady_clock::time_point last_commit_;
  std::chrono::steady_clock::time_point last_report_;
  bool wants_fresh_process_ = false;
  std::string host_name_;
  std::chrono::seconds utc_offset_{0};
  std::map<std::string, std::uint64_t> skipped_;  // by source, not yet reported; kept in the state
  std::map<std::string, bool> told_expired_;
  std::map<std::string, std::uint64_t> counters_;

  mutable std::mutex mutex_;  // guards all below
  PolicyPtr wanted_;
  bool is_enabled_ = false;
  std::map<std::string, std::uint64_t> published_;
};

}  // namespace warder::agent
