// Whether a promise is kept, as a pure function of the latest results, the evidence and the time. Nothing is kept by
// default: without a fresh result of every check, or with evidence that does not hold today, it says what is missing.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "manager/trust/commitment.h"

namespace warder::manager {

/// How a check ended. Unknown: it could not be carried out, which is no pass. Pending: what it looks at is being
/// prepared, as on a host whose baseline is being built; no pass, and no failure while it has just begun.
enum class Verdict : std::uint8_t { Pass, Fail, Unknown, Pending };
std::string_view name(Verdict verdict) noexcept;
std::optional<Verdict> parse_verdict(std::string_view text) noexcept;

/// So many of so many.
struct Ratio {
  std::int64_t good = 0;
  std::int64_t all = 0;
  /// In steps of five percent, rounded down; nothing for fewer than ten.
  [[nodiscard]] std::optional<int> shown_percent() const noexcept;
  friend bool operator==(const Ratio&, const Ratio&) = default;
};

struct CheckResult {
  std::string check;
  Timestamp time;  // of its end
  Verdict verdict = Verdict::Unknown;
  std::string detail;  // for the operator alone
  std::optional<Ratio> ratio;
  std::int64_t entry = 0;                    // of the audit log
  std::optional<Timestamp> pending_since{};  // of the first of those in a row that are pending, this one the last
};
using LatestResults = std::map<std::string, CheckResult, std::less<>>;

/// What stands behind an organisational promise.
struct EvidenceFacts {
  std::string commitment;
  std::string standard;  // "PCI DSS 4.0.1"; may be empty
  Timestamp issued;
  Timestamp expires;
  std::string owner;
  std::string reviewer;  // who looked at it; empty: nobody yet
  std::optional<Timestamp> reviewed;
};

enum class TrustState : std::uint8_t { Kept, NotClaimed, NotMeasured, Stale, Unknown, Broken, Statement };
std::string_view name(
    TrustState state) noexcept;  // "pass", "not-claimed", "not-measured", "stale", "unknown", "fail", "statement"
std::optional<TrustState> parse_trust_state(std::string_view text) noexcept;

struct Assessment {
  TrustState state = TrustState::NotMeasured;
  std::string_view reason;               // "check-failed", "result-stale", "evidence-expired", …; empty when kept
  std::optional<Timestamp> checked;      // the oldest result that it rests on
  std::optional<Timestamp> holds_until;  // when it turns stale if nothing comes
  friend bool operator==(const Assessment&, const Assessment&) = default;
};

/// A result or record that is ahead of the clock by more than this is of another clock: nothing rests on it.
inline constexpr std::chrono::minutes kClockTolerance{2};

/// It is not ahead of the clock, and for a version of its standard that is in force.
bool is_for_today(const Commitment& commitment, const EvidenceFacts& record, Timestamp now);
/// Somebody other than its owner has looked at it, and not ahead of the clock.
bool is_reviewed(const EvidenceFacts& record, Timestamp now);

/// `evidence`: all records, of any commitment. The worst of what it needs: Broken, Unknown, Stale, NotMeasured,
/// NotClaimed, Kept.
Assessment assess(const Commitment& commitment, const LatestResults& results, std::span<const EvidenceFacts> evidence,
                  Timestamp now);

}  // namespace warder::manager
