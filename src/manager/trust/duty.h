// How an organisational duty stands: who answers for it, how often evidence must come, and when the next is due; a pure
// function of what is recorded and of the time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "manager/trust/assessment.h"

namespace warder::manager {

/// Whose the duty is.
struct DutyTerms {
  std::string owner;
  std::string deputy;    // may be empty
  std::string reviewer;  // who alone reviews its evidence; neither owner nor deputy
  std::optional<std::chrono::days>
      cadence;                        // how often evidence must come; absent: as long as the promise lets it hold
  std::optional<Timestamp> assigned;  // since when somebody answers for it; absent: nobody does yet
  friend bool operator==(const DutyTerms&, const DutyTerms&) = default;
};

/// Held: evidence holds for more than a month. Due: it ends within one, or the first is awaited. Overdue: none holds.
/// Unassigned: none holds, and there is nobody to ask.
enum class DutyState : std::uint8_t { Held, Due, Overdue, Unassigned };
std::string_view name(DutyState state) noexcept;  // "held", "due", "overdue", "unassigned"

struct DutyStanding {
  DutyState state = DutyState::Unassigned;
  std::optional<Timestamp> due;  // when the next evidence must be there
  bool is_to_review = false;     // evidence that would hold longer waits for somebody else to look at it
  friend bool operator==(const DutyStanding&, const DutyStanding&) = default;
};

/// From the assignment to the first evidence.
inline constexpr std::chrono::days kFirstEvidence{30};

/// How often evidence must come: what was decided, never longer than what the promise says.
std::chrono::days cadence_of(const Commitment& commitment, const DutyTerms& terms);

/// `evidence`: all records, of any commitment. Of those that count the one that holds longest decides: reviewed by
/// somebody else, for the version of the standard that is in force, and not ahead of the clock.
DutyStanding assess_duty(const Commitment& commitment, const DutyTerms& terms, std::span<const EvidenceFacts> evidence,
                         Timestamp now);

inline constexpr int kOverdueStage = 5;
/// How far the end is: 0 more than 30 days, 1 within 30, 2 within 14, 3 within 7, 4 within a day, 5 past.
int reminder_stage(Timestamp due, Timestamp now);

/// What was told last of a duty.
struct ToldStage {
  Timestamp due;
  int stage = 0;
  friend bool operator==(const ToldStage&, const ToldStage&) = default;
};

/// What comes after `told`: the same when there is nothing new. Another due date is another round; of one round each
/// stage comes once and in order, however the clock goes back and forth.
ToldStage next_stage(const ToldStage& told, const DutyStanding& standing, Timestamp now);

}  // namespace warder::manager
