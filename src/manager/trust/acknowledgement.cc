#include "manager/trust/acknowledgement.h"

#include <algorithm>
#include <array>

#include "manager/trust/assessment.h"

namespace warder::manager {
namespace {

using std::chrono::days;

constexpr std::array<std::string_view, 3> kStates = {"complete", "due", "overdue"};
constexpr days kSoon{3};
constexpr days kLong{7};

}  // namespace

std::string_view name(AcknowledgementState state) noexcept {
  return kStates.at(static_cast<std::size_t>(state));
}

Acknowledgement assess_acknowledgement(const AcknowledgementTerms& terms, const AcknowledgementFacts& facts,
                                       Timestamp now) {
  using enum AcknowledgementState;
  const bool has_acknowledged = facts.acknowledged && *facts.acknowledged <= now + kClockTolerance;
  if (has_acknowledged && terms.cadence == days(0)) return {Complete, std::nullopt};
  const Timestamp asked =
      has_acknowledged ? Timestamp{*facts.acknowledged + terms.cadence} : std::max(terms.in_force, facts.joined);
  const Timestamp deadline = asked + terms.grace;
  if (has_acknowledged && now < asked) return {Complete, deadline};
  return {now < deadline ? Due : Overdue, deadline};
}

void Headcount::add(AcknowledgementState state) noexcept {
  ++people;
  switch (state) {
    case AcknowledgementState::Complete:
      ++complete;
      break;
    case AcknowledgementState::Due:
      ++due;
      break;
    case AcknowledgementState::Overdue:
      ++overdue;
      break;
  }
}

int reminder_stage(const Acknowledgement& acknowledgement, Timestamp now) {
  if (acknowledgement.state == AcknowledgementState::Complete || !acknowledgement.deadline) return 0;
  const Timestamp deadline = *acknowledgement.deadline;
  if (acknowledgement.state == AcknowledgementState::Overdue) return now >= deadline + kLong ? 4 : 3;
  return now >= deadline - kSoon ? 2 : 1;
}

}  // namespace warder::manager
