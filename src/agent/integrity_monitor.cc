#include "agent/integrity_monitor.h"

#include <algorithm>

namespace warder::agent {
namespace {

using integrity::QueuedSuspect;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kQueueCapacity = 100'000;  // some 30 MB at the worst; beyond that a scan finds the rest
constexpr std::size_t kBatch = 256;
constexpr std::size_t kMaxLosses = 32;      // places that are scanned each by itself
constexpr milliseconds kRetry{1000};        // for a file that kept changing while it was read
constexpr milliseconds kDeferred{250};      // for a path that the baseline does not cover yet
constexpr milliseconds kPackageWait{2000};  // until the package manager has written down what it did
constexpr int kMaxAttempts = 5;             // then what there is is reported
constexpr std::int64_t kFreshNs = 2'000'000'000;
constexpr milliseconds kLongestWait{500};

integrity::SettleTimes settle_times(const integrity::Policy& policy) {
  integrity::SettleTimes times;
  times.settle = milliseconds(policy.settle_ms);
  times.quiet = std::max(times.quiet, times.settle);
  times.patience = std::max(times.patience, 2 * times.quiet);
  return times;
}

}  // namespace

IntegrityMonitor::IntegrityMonitor(ModuleContext& context, IntegrityPorts ports, integrity::Baseline& baseline)
    : context_(context),
      ports_(ports),
      baseline_(baseline),
      reporter_(baseline, context.events, context.clock),
      queue_(kQueueCapacity) {}

Result<void> IntegrityMonitor::start() {
  WD_TRY(reporter_.resend());
  auto known = WD_TRY(integrity::Scope::parse(WD_TRY(baseline_.scope())).in("baseline"));
  const std::lock_guard lock(mutex_);
  known_ = std::make_shared<const integrity::Scope>(std::move(known));
  return {};
}

void IntegrityMonitor::set_policy(CompiledPtr policy) {
  if (ports_.watch != nullptr)
    ports_.watch->set_interest([policy](const std::string& path) { return policy->scope.find(path).may_contain(); });
  const std::lock_guard lock(mutex_);
  policy_ = std::move(policy);
  scan_stop_.request_stop();  // the running scan follows another policy
  requests_.clear();
  if (policy_->policy.enabled) requests_.push_back({});
  next_rescan_.reset();
  next_point_.reset();
  next_lists_.reset();
  work_.notify_all();
  scans_.notify_all();
}

void IntegrityMonitor::request_scan(bool reads_content, bool is_announced) {
  const std::lock_guard lock(mutex_);
  add_request({{reads_content, "/"}, is_announced, false});
}

// The mutex is held.
void IntegrityMonitor::add_request(ScanRequest request) {
  for (ScanRequest& waiting : requests_) {
    if (waiting.options.below != request.options.below || waiting.options.device != request.options.device) continue;
    waiting.follows_a_loss = waiting.follows_a_loss || request.follows_a_loss;
    waiting.options.reads_content = waiting.options.reads_content || request.options.reads_content;
    waiting.is_announced = waiting.is_announced || request.is_announced;
    return;
  }
  requests_.push_back(std::move(request));
  scans_.notify_all();
}

// The mutex is held. Too many places are all of them.
void IntegrityMonitor::add_loss(host::WatchLoss loss) {
  losses_.insert(std::move(loss));
  if (losses_.size() > kMaxLosses) losses_ = {host::WatchLoss{}};
}

void IntegrityMonitor::hear(const host::WatchBatch& batch) {
  const CompiledPtr policy = this->policy();
  if (!policy || !policy->policy.enabled || !policy->policy.real_time) return;
  std::map<std::int32_t, std::optional<host::ProcessInfo>> actors;
  for (const host::WatchEvent& event : batch.events) hear_event(event, *policy, actors);
  const std::lock_guard lock(mutex_);
  for (const host::WatchLoss& loss : batch.losses)
    if (policy->scope.find(loss.path).may_contain()) add_loss(loss);
  if (batch.has_mounts_changed) add_request({});
  work_.notify_all();
}

void IntegrityMonitor::hear_event(const host::WatchEvent& event, const integrity::Compiled& policy,
                                  std::map<std::int32_t, std::optional<host::ProcessInfo>>& actors) {
  const auto position = policy.scope.find(event.path);
  // What is not watched itself matters only when something watched may come or go with it.
  const bool leads_on = position.may_contain() && event.is_directory && (event.is_new || event.is_gone);
  if (!position.is_covered() && !leads_on) return;
  const auto [actor, is_first] = actors.try_emplace(event.pid);
  if (is_first) actor->second = ports_.processes.find(event.pid);
  const auto now = context_.clock.steady_now();
  const std::lock_guard lock(mutex_);
  ++counters_["notifications"];
  if (!queue_.add(event, actor->second, now, settle_times(policy.policy)))
    add_loss({std::string(host::parent_of(event.path)), 0});
}

Result<bool> IntegrityMonitor::work_once() {
  bool has_worked = WD_TRY(report_overflow());
  has_worked = WD_TRY(finish_lists()) || has_worked;
  has_worked = WD_TRY(finish_scan()) || has_worked;
  const CompiledPtr policy = this->policy();
  if (!policy || !policy->policy.enabled) return has_worked;
  schedule_scans(*policy);
  auto suspects = take_due(*policy);
  if (suspects.empty()) return has_worked;
  WD_TRY(examine(*policy, std::move(suspects)));
  return true;
}

void IntegrityMonitor::schedule_scans(const integrity::Compiled& compiled) {
  const integrity::Policy& policy = compiled.policy;
  const auto now = context_.clock.steady_now();
  const Timestamp date = context_.clock.now();
  const std::lock_guard lock(mutex_);
  // A new policy starts with a scan, so the first intervals begin now.
  if (!next_rescan_) next_rescan_ = now + seconds(policy.rescan_interval_s);
  if (!next_rehash_) next_rehash_ = now + seconds(policy.rehash_interval_s);
  if (!next_point_) next_point_ = compiled.scans.next_after(date);
  const bool is_point = next_point_ && date >= *next_point_;
  if (is_point) next_point_ = compiled.scans.next_after(date);
  const bool reads_content = is_point || now >= *next_rehash_;
  if (now < *next_rescan_ && !reads_content) return;
  add_request({{reads_content, "/"}, false, false});
  next_rescan_ = now + seconds(policy.rescan_interval_s);
  if (reads_content) next_rehash_ = now + seconds(policy.rehash_interval_s);
}

// What the baseline does not cover yet waits until it does.
std::vector<QueuedSuspect> IntegrityMonitor::take_due(const integrity::Compiled& policy) {
  const auto now = context_.clock.steady_now();
  const std::lock_guard lock(mutex_);
  auto due = queue_.take(now, kBatch);
  if (known_->text() != policy.scope.text()) {
    std::erase_if(due, [&](QueuedSuspect& suspect) {
      if (known_->find(suspect.path).is_covered() && policy.scope.find(suspect.path).is_covered()) return false;
      queue_.put_back(std::move(suspect), now, kDeferred);
      return true;
    });
  }
  if (!due.empty()) scans_.notify_all();  // there is room in the queue
  return due;
}

Result<void> IntegrityMonitor::examine(const integrity::Compiled& policy, std::vector<QueuedSuspect> suspects) {
  std::vector<integrity::Suspect> examined;
  std::map<std::string, QueuedSuspect> by_path;
  for (QueuedSuspect& suspect : suspects) {
    const bool is_first = suspect.attempts == 0;
    examined.push_back({suspect.path, is_first && suspect.may_be_unwritten, suspect.attempts >= kMaxAttempts});
    const std::string path = suspect.path;
    by_path.emplace(path, std::move(suspect));
  }
  const auto watch_directory = [this](const std::string& path, const host::FileStat& stat) {
    on_directory(path, stat);
  };
  const auto compiled = std::make_shared<const integrity::Compiled>(policy);
  const integrity::Engine engine(compiled, ports_.tree, baseline_, watch_directory);
  integrity::Outcome outcome = WD_TRY(engine.examine(examined));
  const auto explained =
      WD_TRY(explain_findings(policy, outcome.findings, ports_.tree, ports_.explanations, context_.clock.now()));
  std::vector<IntegrityReport> reports;
  std::vector<QueuedSuspect> waiting;
  for (std::size_t i = 0; i < outcome.findings.size(); ++i) {
    integrity::Finding& finding = outcome.findings[i];
    // What was found below a directory that appeared or went has that directory's actor.
    auto at = by_path.find(finding.path);
    for (std::string_view path = finding.path; at == by_path.end() && path.size() > 1;) {
      path = host::parent_of(path);
      at = by_path.find(std::string(path));
    }
    const bool is_known = at != by_path.end();
    if (explained[i].must_wait) {
      QueuedSuspect again = is_known ? at->second : QueuedSuspect{};
      again.path = finding.path;
      waiting.push_back(std::move(again));
      continue;
    }
    Event event = make_finding_event(finding, is_known ? at->second.actor : std::nullopt,
                                     is_known && at->second.was_seen_happening, ports_.processes);
    if (!explained[i].by.empty()) mark_explained(event, explained[i].by);
    reports.push_back({std::move(event), std::move(finding.changes)});
  }
  note("events", reports.size());
  WD_TRY(reporter_.send(std::move(reports), outcome.silent));
  put_back(outcome, by_path);
  if (waiting.empty()) return {};
  const auto now = context_.clock.steady_now();
  const std::lock_guard lock(mutex_);
  counters_["waiting_for_packages"] = waiting.size();
  for (QueuedSuspect& each : waiting) queue_.put_back(std::move(each), now, kPackageWait);
  return {};
}

void IntegrityMonitor::put_back(const integrity::Outcome& outcome, std::map<std::string, QueuedSuspect>& suspects) {
  const auto now = context_.clock.steady_now();
  const std::lock_guard lock(mutex_);
  for (const std::string& path : outcome.unsettled) {
    const auto at = suspects.find(path);
    QueuedSuspect suspect = at == suspects.end() ? QueuedSuspect{} : std::move(at->second);
    suspect.path = path;
    ++suspect.attempts;
    queue_.put_back(std::move(suspect), now, kRetry);
  }
  for (const std::string& path : outcome.unexplored) add_request({{false, path}, false, false});
}

Result<bool> IntegrityMonitor::report_overflow() {
  std::string places;
  {
    const std::lock_guard lock(mutex_);
    if (losses_.empty()) return false;
    for (const host::WatchLoss& loss : std::exchange(losses_, {})) {
      ++counters_["overflows"];
      // Told already, and the scan that follows has not ended: it may have passed the place.
      const bool is_new = behind_.insert(loss).second;
      if (is_new) places += (places.empty() ? "" : ", ") + loss.path;
      add_request({{false, loss.path, loss.device}, is_new, true});
    }
  }
  if (places.empty()) return true;
  Event event = make_event("integrity.watch.overflow", Severity::Medium);
  event.set("watch.path", places);
  std::vector<IntegrityReport> reports;
  reports.push_back({std::move(event), {}});
  WD_TRY(reporter_.send(std::move(reports), {}));
  return true;
}

Result<bool> IntegrityMonitor::finish_scan() {
  FinishedScan scan;
  {
    const std::lock_guard lock(mutex_);
    if (finished_.empty()) return false;
    scan = std::move(finished_.front());
    finished_.pop_front();
  }
  std::vector<IntegrityReport> reports;
  std::optional<std::string> scope;
  if (scan.has_new_scope) {
    Event event = make_event("integrity.baseline.created", Severity::Info);
    event.set("count", static_cast<std::int64_t>(WD_TRY(baseline_.count())));
    reports.push_back({std::move(event), {}});
    scope = scan.policy->scope.text();
  } else if (scan.request.is_announced) {
    Event event = make_event("integrity.rescan.finished", Severity::Info);
    event.set("count", static_cast<std::int64_t>(scan.report.suspects));
    reports.push_back({std::move(event), {}});
  }
  WD_TRY(reporter_.send(std::move(reports), {}, scope));
  const std::lock_guard lock(mutex_);
  if (scope) {
    known_ = std::make_shared<const integrity::Scope>(scan.policy->scope);
    is_adopting_ = false;
    scans_.notify_all();
  }
  const integrity::ScanOptions& done = scan.request.options;
  const bool is_again = std::ranges::any_of(requests_, [&](const ScanRequest& waiting) {
    return waiting.follows_a_loss && waiting.options.below == done.below && waiting.options.device == done.device;
  });
  if (scan.request.follows_a_loss && !is_again) behind_.erase({done.below, done.device});
  if (done.below == "/" && done.device == 0 && requests_.empty()) behind_.clear();
  return true;
}

Result<bool> IntegrityMonitor::scan_next(const std::stop_token& stop) {
  if (WD_TRY(take_lists())) return true;
  ScanRequest request;
  CompiledPtr policy;
  std::shared_ptr<const integrity::Scope> known;
  std::stop_source cancel;
  {
    const std::lock_guard lock(mutex_);
    if (is_adopting_ || requests_.empty() || !policy_ || !policy_->policy.enabled) return false;
    request = std::move(requests_.front());
    requests_.pop_front();
    policy = policy_;
    known = known_;
    scan_stop_ = cancel;  // a new policy ends this scan
    is_adopting_ = known->text() != policy->scope.text();
  }
  const std::stop_callback on_stop(stop, [&cancel] { cancel.request_stop(); });
  const bool has_new_scope = known->text() != policy->scope.text();
  if (has_new_scope) request.options = {request.options.reads_content};
  const auto started = context_.clock.steady_now();
  budget_.emplace(WorkLimits{static_cast<double>(policy->policy.scan_cpu_percent) / 100,
                             static_cast<double>(policy->policy.scan_read_mb_s) * 1e6});
  const auto report =
      integrity::scan(*policy, *known, ports_.tree, baseline_, request.options, *this, cancel.get_token());
  if (!report) return fail(report.error());
  const auto took = context_.clock.steady_now() - started;
  const std::lock_guard lock(mutex_);
  ++counters_["scans"];
  counters_["scan_entities"] = report->entities;
  counters_["scan_ms"] = static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(took).count());
  if (has_new_scope && !report->is_complete) is_adopting_ = false;
  if (report->is_complete) finished_.push_back({*report, std::move(request), std::move(policy), has_new_scope});
  work_.notify_all();
  return true;
}

void IntegrityMonitor::on_directory(const std::string& path, const host::FileStat& stat) {
  const CompiledPtr policy = this->policy();
  if (ports_.watch == nullptr || !policy || !policy->policy.real_time) return;
  const auto covered = ports_.watch->cover(path, stat);
  if (covered || covered.error().code == ErrorCode::NotFound) return;
  const std::lock_guard lock(mutex_);
  if (uncovered_.empty()) context_.log.warning("integrity.watch.incomplete", covered.error().message, {{"path", path}});
  uncovered_ = path;
}

// A scan waits while the queue is full. A file changed a moment ago may still be being written; what is gone waits as
// long, so that a file that moved is found at its new place first.
void IntegrityMonitor::suspect(const std::string& path, std::int64_t changed_ns) {
  const std::int64_t age_ns = to_micros(context_.clock.now()) * 1000 - changed_ns;
  const bool is_fresh = changed_ns == 0 || (age_ns >= -kFreshNs && age_ns < kFreshNs);
  std::unique_lock lock(mutex_);
  const std::stop_token stop = scan_stop_.get_token();
  while (!queue_.add_from_scan(path, context_.clock.steady_now(), is_fresh ? kRetry : milliseconds(0))) {
    if (stop.stop_requested()) return;
    work_.notify_all();
    scans_.wait_for(lock, kLongestWait);
  }
  work_.notify_all();
}

// A new policy and the end of the agent do not wait.
void IntegrityMonitor::looked(std::uint64_t bytes) {
  const auto wait = budget_ ? budget_->after(bytes) : std::chrono::duration<double>(0);
  if (wait.count() <= 0) return;
  std::unique_lock lock(mutex_);
  ++counters_["scan_waits"];
  scans_.wait_for(lock, scan_stop_.get_token(), wait, [] { return false; });
}

void IntegrityMonitor::wait_for_work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto now = context_.clock.steady_now();
  const auto due = queue_.next_due();
  auto timeout = std::chrono::duration_cast<std::chrono::microseconds>(kLongestWait);
  if (due) timeout = std::min(timeout, std::chrono::duration_cast<std::chrono::microseconds>(*due - now));
  if (timeout.count() <= 0 || !losses_.empty() || !finished_.empty()) return;
  const auto next = queue_.next_due();
  work_.wait_for(lock, stop, timeout + std::chrono::microseconds(1),
                 [&] { return !losses_.empty() || !finished_.empty() || queue_.next_due() != next; });
}

void IntegrityMonitor::wait_for_scan(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const bool is_on = policy_ && policy_->policy.enabled;
  // The lists fall due by the clock, which nobody announces; a new policy brings a request.
  auto patience = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::hours(1));
  if (is_on && ports_.facts != nullptr && next_lists_) {
    const auto until = std::chrono::ceil<std::chrono::microseconds>(*next_lists_ - context_.clock.steady_now());
    patience = std::clamp(until, std::chrono::microseconds(0), patience);
  }
  scans_.wait_for(lock, stop, patience,
                  [&] { return !is_adopting_ && !requests_.empty() && policy_ && policy_->policy.enabled; });
}

ModuleStatus IntegrityMonitor::status() const {
  ModuleStatus status;
  const auto count = baseline_.count();
  const std::lock_guard lock(mutex_);
  if (!policy_ || !policy_->policy.enabled) return status;
  status.condition = ModuleCondition::Degraded;
  if (!known_ || known_->text() != policy_->scope.text()) {
    status.reason = "integrity.baseline.building";
  } else if (!policy_->policy.real_time) {
    status.condition = ModuleCondition::On;
  } else if (ports_.watch == nullptr) {
    status.reason = "integrity.watch.unavailable";
  } else if (!uncovered_.empty()) {
    status.reason = "integrity.watch.incomplete";
  } else if (!behind_.empty()) {
    status.reason = "integrity.watch.overflow";
  } else {
    status.condition = ModuleCondition::On;
  }
  for (const auto& [name, value] : counters_) status.counters[name] = value;
  status.counters["entities"] = count.value_or(0);
  status.counters["waiting"] = queue_.size();
  return status;
}

IntegrityMonitor::CompiledPtr IntegrityMonitor::policy() const {
  const std::lock_guard lock(mutex_);
  return policy_;
}

Event IntegrityMonitor::make_event(std::string_view type, Severity severity) const {
  Event event;
  event.module = ModuleKind::Integrity;
  event.type = type;
  event.severity = severity;
  return event;
}

void IntegrityMonitor::note(std::string_view counter, std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  counters_[std::string(counter)] += count;
}

}  // namespace warder::agent
