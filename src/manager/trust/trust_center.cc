#include "manager/trust/trust_center.h"

#include <algorithm>
#include <map>

#include "base/random.h"
#include "manager/trust/duty_notice.h"

namespace warder::manager {
namespace {

/// What a holder may take beyond one check before another manager steps in.
constexpr std::chrono::seconds kSlack{30};

/// As a promise stands before anything is known of it.
bool is_beginning(TrustState state) {
  return state == TrustState::NotMeasured || state == TrustState::NotClaimed || state == TrustState::Statement;
}

TrustNews duty_news(const DutyReminder& reminder) {
  using enum TrustNews::Kind;
  const std::string& about = reminder.duty.commitment->id;
  if (reminder.stage == 0) return {EvidenceRenewed, about};
  return {reminder.stage == kOverdueStage ? EvidenceOverdue : EvidenceDue, about, describe(reminder),
          asked_of(reminder), duty_notice(reminder)};
}

TrustNews policy_news(const PolicyReminder& reminder) {
  constexpr int kOverdue = 3;
  using enum TrustNews::Kind;
  const TrustNews::Kind kind = reminder.stage == 0         ? PolicyAcknowledged
                               : reminder.stage < kOverdue ? PolicyDue
                                                           : PolicyOverdue;
  return {kind, reminder.policy, kind == PolicyAcknowledged ? std::string() : describe(reminder)};
}

}  // namespace

TrustCenter::TrustCenter(const Parts& parts, TrustOptions options, std::vector<Commitment> commitments, Told told)
    : parts_(parts),
      options_(options),
      commitments_(std::move(commitments)),
      told_(std::move(told)),
      holder_(to_hex(random_bytes(16))),
      store_(parts.tenants, parts.audit, parts.clock),
      evidence_(parts.tenants, parts.audit, parts.clock, commitments_),
      duties_(parts.tenants, parts.audit, parts.clock, commitments_, evidence_),
      policies_(parts.tenants, parts.audit, parts.clock, parts.people),
      reminders_(parts.tenants, policies_, parts.clock) {}

TrustCenter::~TrustCenter() = default;

Result<void> TrustCenter::use(std::vector<Check> checks) {
  for (const Commitment& commitment : commitments_)
    for (const std::string& id : commitment.checks)
      if (std::ranges::find(checks, id, &Check::id) == checks.end())
        return fail(ErrorCode::Invalid, commitment.id + ": there is no check '" + id + "'");
  checks_ = std::move(checks);
  return {};
}

Result<TenantScope> TrustCenter::scope() const {
  const Tenant first = WD_TRY(parts_.tenants.find_by_name(kFirstTenant));
  return parts_.scopes.make(first.id, "job:trust");
}

void TrustCenter::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void TrustCenter::run_soon() {
  const std::scoped_lock lock(mutex_);
  for (const Check& check : checks_) wanted_.insert(check.id);
  changed_.notify_all();
}

void TrustCenter::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    bool may_hurry = false;
    options_.runs.run([&] {
      const auto worked = work(stop);
      if (!worked) parts_.log.warning("trust.failed", worked.error().message);
      may_hurry = worked && *worked;  // otherwise another manager is at it
    });
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, std::min(kTick, options_.interval), [&] { return may_hurry && !wanted_.empty(); });
  }
}

Result<bool> TrustCenter::work(const std::stop_token& stop) {
  const TenantScope first = WD_TRY(scope());
  if (!WD_TRY(store_.hold(first, holder_, options_.limit + kSlack))) return false;
  WD_TRY(run_checks(first, stop));
  WD_TRY(note_states(first));
  WD_TRY(remind(first));
  WD_TRY(store_.let_go(first, holder_));
  return true;
}

bool TrustCenter::is_due(const LatestResults& latest, const Check& check) const {
  const auto result = latest.find(check.id);
  if (result == latest.end()) return true;
  const Timestamp now = parts_.clock.now();
  return now >= result->second.time + options_.interval || result->second.time > now + kClockTolerance;
}

Result<void> TrustCenter::run_checks(const TenantScope& first, const std::stop_token& stop) {
  const LatestResults latest = WD_TRY(store_.latest(first));
  for (const Check& check : checks_) {
    if (stop.stop_requested()) return {};
    bool is_wanted = false;
    {
      const std::scoped_lock lock(mutex_);
      is_wanted = wanted_.erase(check.id) > 0;
    }
    if (!is_wanted && !is_due(latest, check)) continue;
    if (!WD_TRY(store_.hold(first, holder_, options_.limit + kSlack))) return {};
    const CheckOutcome outcome = run_check(check, options_.limit, stop);
    if (stop.stop_requested()) return {};  // the end of the manager is no result
    if (outcome.verdict == Verdict::Fail || outcome.verdict == Verdict::Unknown)
      parts_.log.warning("trust.check", outcome.detail,
                         {{"check", check.id}, {"verdict", std::string(name(outcome.verdict))}});
    WD_TRY(store_.add_result(first, check.id, outcome));
  }
  return {};
}

Result<void> TrustCenter::note_states(const TenantScope& first) {
  std::map<std::string, TrustState, std::less<>> before;
  for (const StateChange& change : WD_TRY(store_.states(first))) before.emplace(change.commitment, change.state);
  const auto broken = WD_TRY(store_.broken(first));
  const TrustSnapshot now = WD_TRY(snapshot());
  for (const TrustSnapshot::Line& line : now.lines) {
    const auto known = before.find(line.commitment->id);
    const bool is_new = known == before.end();
    if (is_new ? is_beginning(line.assessment.state) : known->second == line.assessment.state) continue;
    WD_TRY(store_.add_state(first, line.commitment->id, line.assessment));
    tell_change(first, *line.commitment, broken.contains(line.commitment->id), line.assessment);
  }
  return {};
}

void TrustCenter::tell_change(const TenantScope& first, const Commitment& commitment, bool was_broken,
                              const Assessment& assessment) {
  if (assessment.state == TrustState::Broken)
    told_(first, {TrustNews::Kind::Failed, commitment.id, std::string(assessment.reason)});
  else if (was_broken && assessment.state == TrustState::Kept)
    told_(first, {TrustNews::Kind::Recovered, commitment.id, {}});
}

Result<void> TrustCenter::remind(const TenantScope& first) {
  for (const DutyReminder& reminder : WD_TRY(duties_.take_due(first))) told_(first, duty_news(reminder));
  for (const PolicyReminder& reminder : WD_TRY(reminders_.take_due(first))) told_(first, policy_news(reminder));
  return {};
}

Result<TrustSnapshot> TrustCenter::snapshot() {
  const TenantScope first = WD_TRY(scope());
  TrustSnapshot snapshot;
  snapshot.results = WD_TRY(store_.latest(first));
  const auto facts = WD_TRY(evidence_.facts(first));
  snapshot.time = parts_.clock.now();
  for (const Commitment& commitment : commitments_)
    snapshot.lines.push_back({&commitment, assess(commitment, snapshot.results, facts, snapshot.time)});
  return snapshot;
}

}  // namespace warder::manager
