// Whether somebody has acknowledged a written policy, as a pure function of what is recorded and of the time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/time.h"

namespace warder::manager {

/// Of the version of a policy that is in force.
struct AcknowledgementTerms {
  Timestamp in_force;           // since when
  std::chrono::days cadence{};  // how long an acknowledgement lasts; 0: as long as the version
  std::chrono::days grace{};    // for how long somebody may be asked before it is overdue
};

/// What is recorded of one person of the audience.
struct AcknowledgementFacts {
  Timestamp joined;                       // since when there is an account
  std::optional<Timestamp> acknowledged;  // this version, the last time
};

enum class AcknowledgementState : std::uint8_t { Complete, Due, Overdue };
std::string_view name(AcknowledgementState state) noexcept;  // "complete", "due", "overdue"

struct Acknowledgement {
  AcknowledgementState state = AcknowledgementState::Due;
  std::optional<Timestamp> deadline;  // when it is overdue; nothing: never again
  friend bool operator==(const Acknowledgement&, const Acknowledgement&) = default;
};

/// Due from the beginning of the version, or of the account when that is later, and anew when the cadence has passed;
/// overdue when the grace has passed after that. What was acknowledged ahead of the clock was not.
Acknowledgement assess_acknowledgement(const AcknowledgementTerms& terms, const AcknowledgementFacts& facts,
                                       Timestamp now);

/// How many of the audience stand how.
struct Headcount {
  std::int64_t people = 0;
  std::int64_t complete = 0;
  std::int64_t due = 0;
  std::int64_t overdue = 0;
  void add(AcknowledgementState state) noexcept;
  friend bool operator==(const Headcount&, const Headcount&) = default;
};

/// How far a person has to be reminded: 0 not at all, 1 due, 2 within three days of the deadline, 3 overdue, 4 overdue
/// for a week.
int reminder_stage(const Acknowledgement& acknowledgement, Timestamp now);

}  // namespace warder::manager
