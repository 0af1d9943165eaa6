// What stands out in a system's day, measured against its own days before. No clock, no store.
#pragma once

#include <boost/json.hpp>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "manager/events/type_counts.h"
#include "manager/review/review_state.h"

namespace warder::manager {

/// So many days before are compared with, and so many different types are told apart; the rest counts as one.
inline constexpr std::size_t kComparedDays = 28;
inline constexpr std::size_t kMaxTypesOfDay = 200;
inline constexpr std::string_view kOtherTypes = "other";

/// One system's day in numbers: all that is kept of it.
struct DaySummary {
  std::int64_t events = 0;
  std::map<std::string, std::map<std::string, std::int64_t>> modules;  // module → severity → events
  std::map<std::string, std::int64_t> types;
  std::int64_t failed_logins = 0;
  std::int64_t unexplained_changes = 0;
  std::int64_t lost = 0;          // events that tell of losses
  std::int64_t silent_hours = 0;  // the longest stretch without an event
  friend bool operator==(const DaySummary&, const DaySummary&) = default;
};

boost::json::object to_json(const DaySummary& summary);
Result<DaySummary> read_summary(const boost::json::value& value);

/// Sums up counts; in any order.
class DaySum {
 public:
  explicit DaySum(std::int64_t hours) : active_(static_cast<std::size_t>(hours)) {}
  void add(const TypeCount& count);
  [[nodiscard]] DaySummary summary() const;

 private:
  DaySummary summary_;
  std::vector<bool> active_;
};

/// Why a system is not quiet. `kind` is one of kFindingKinds.
struct ReviewFinding {
  std::string kind;
  TriageResult result = TriageResult::Look;
  std::string subject;  // type, module or severity; may be empty
  std::int64_t count = 0;
  std::int64_t usual = 0;  // the most that would not have stood out; 0: none would
};

struct FindingKind {
  std::string_view name;
  TriageResult result;
  std::string_view doc;
};
std::span<const FindingKind> finding_kinds();

struct Triage {
  TriageResult result = TriageResult::Quiet;
  std::vector<ReviewFinding> findings;  // gaps first
};

/// `before`: the system's days before this one, at most kComparedDays, in any order.
Triage triage(const DaySummary& day, std::span<const DaySummary> before);

boost::json::array to_json(std::span<const ReviewFinding> findings);

}  // namespace warder::manager
