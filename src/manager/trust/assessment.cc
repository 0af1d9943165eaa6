#include "manager/trust/assessment.h"

#include <algorithm>
#include <array>

namespace warder::manager {
namespace {

constexpr std::array<std::string_view, 4> kVerdicts = {"pass", "fail", "unknown", "pending"};
constexpr std::array<std::string_view, 7> kStates = {"pass",    "not-claimed", "not-measured", "stale",
                                                     "unknown", "fail",        "statement"};

Assessment part(TrustState state, std::string_view reason) {
  return {state, reason, std::nullopt, std::nullopt};
}

Assessment assess_result(const CheckResult& result, std::chrono::seconds fresh, Timestamp now) {
  Assessment assessed = part(TrustState::Kept, "");
  assessed.checked = result.time;
  if (result.time > now + kClockTolerance) {
    assessed.state = TrustState::Unknown;
    assessed.reason = "result-of-the-future";
    return assessed;
  }
  // Silence makes nothing better: what failed has failed until it passes.
  assessed.holds_until = result.time + fresh;
  if (result.verdict == Verdict::Fail) {
    assessed.state = TrustState::Broken;
    assessed.reason = "check-failed";
  } else if (result.verdict == Verdict::Pending) {
    const bool is_over = now >= result.pending_since.value_or(result.time) + fresh;
    assessed.state = is_over ? TrustState::Broken : TrustState::NotMeasured;
    assessed.reason = is_over ? "pending-too-long" : "not-measured-yet";
  } else if (result.verdict == Verdict::Unknown) {
    assessed.state = TrustState::Unknown;
    assessed.reason = "check-not-carried-out";
  } else if (now >= result.time + fresh) {
    assessed.state = TrustState::Stale;
    assessed.reason = "result-stale";
  }
  return assessed;
}

bool is_ahead(const EvidenceFacts& record, Timestamp now) {
  return record.issued > now + kClockTolerance;
}

Assessment assess_record(const Commitment& commitment, const EvidenceFacts& record, Timestamp now) {
  const Timestamp until = std::min(record.expires, Timestamp{record.issued + *commitment.evidence_life});
  if (is_ahead(record, now)) return part(TrustState::Unknown, "evidence-of-the-future");
  if (!is_for_today(commitment, record, now)) return part(TrustState::Stale, "standard-superseded");
  if (now >= until) return part(TrustState::Stale, "evidence-expired");
  if (!is_reviewed(record, now)) return part(TrustState::NotClaimed, "evidence-not-reviewed");
  Assessment kept = part(TrustState::Kept, "");
  kept.checked = record.reviewed;
  kept.holds_until = until;
  return kept;
}

/// The best record counts: an old certificate does not spoil the one in force.
Assessment assess_evidence(const Commitment& commitment, std::span<const EvidenceFacts> evidence, Timestamp now) {
  Assessment best = part(TrustState::NotClaimed, "no-evidence");
  bool has_any = false;
  for (const EvidenceFacts& record : evidence) {
    if (record.commitment != commitment.id) continue;
    const Assessment one = assess_record(commitment, record, now);
    const bool is_longer = one.state == best.state && one.holds_until > best.holds_until;
    if (!has_any || one.state < best.state || is_longer) best = one;
    has_any = true;
  }
  return best;
}

Assessment worse_of(const Assessment& a, const Assessment& b) {
  Assessment worse = b.state > a.state ? b : a;
  const auto earlier = [](const std::optional<Timestamp>& x, const std::optional<Timestamp>& y) {
    return x && y ? std::min(*x, *y) : x ? x : y;
  };
  worse.checked = earlier(a.checked, b.checked);
  worse.holds_until = earlier(a.holds_until, b.holds_until);
  return worse;
}

/// Why there is no check.
std::string_view reason_of(std::string_view unmeasured) {
  if (unmeasured == "absent") return "no-check-absent";
  if (unmeasured == "build") return "no-check-build";
  if (unmeasured == "people") return "no-check-people";
  return "no-check";
}

Assessment assess_checks(const Commitment& commitment, const LatestResults& results, Timestamp now) {
  if (commitment.checks.empty()) return part(TrustState::NotMeasured, reason_of(commitment.unmeasured));
  std::optional<Assessment> all;
  for (const std::string& check : commitment.checks) {
    const auto result = results.find(check);
    const Assessment one = result == results.end() ? part(TrustState::NotMeasured, "no-result-yet")
                                                   : assess_result(result->second, commitment.fresh, now);
    all = all ? worse_of(*all, one) : one;
  }
  return *all;
}

}  // namespace

std::string_view name(Verdict verdict) noexcept {
  return kVerdicts.at(static_cast<std::size_t>(verdict));
}

std::optional<Verdict> parse_verdict(std::string_view text) noexcept {
  const auto found = std::ranges::find(kVerdicts, text);
  if (found == kVerdicts.end()) return std::nullopt;
  return static_cast<Verdict>(found - kVerdicts.begin());
}

std::string_view name(TrustState state) noexcept {
  return kStates.at(static_cast<std::size_t>(state));
}

std::optional<TrustState> parse_trust_state(std::string_view text) noexcept {
  const auto found = std::ranges::find(kStates, text);
  if (found == kStates.end()) return std::nullopt;
  return static_cast<TrustState>(found - kStates.begin());
}

std::optional<int> Ratio::shown_percent() const noexcept {
  constexpr std::int64_t kLeast = 10;
  constexpr std::int64_t kStep = 5;
  if (all < kLeast || good < 0 || good > all) return std::nullopt;
  return static_cast<int>(good * 100 / all / kStep * kStep);
}

bool is_for_today(const Commitment& commitment, const EvidenceFacts& record, Timestamp now) {
  const bool is_superseded = !commitment.supersedes.empty() && record.standard == commitment.supersedes;
  return !is_superseded && !is_ahead(record, now);
}

bool is_reviewed(const EvidenceFacts& record, Timestamp now) {
  return record.reviewed && *record.reviewed <= now + kClockTolerance && !record.reviewer.empty() &&
         record.reviewer != record.owner;
}

Assessment assess(const Commitment& commitment, const LatestResults& results, std::span<const EvidenceFacts> evidence,
                  Timestamp now) {
  if (commitment.kind == CommitmentKind::Statement) return part(TrustState::Statement, "");
  std::optional<Assessment> all;
  if (commitment.needs_checks()) all = assess_checks(commitment, results, now);
  if (commitment.needs_evidence()) {
    const Assessment proven = assess_evidence(commitment, evidence, now);
    all = all ? worse_of(*all, proven) : proven;
  }
  return *all;
}

}  // namespace warder::manager
