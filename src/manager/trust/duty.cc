#include "manager/trust/duty.h"

#include <algorithm>
#include <array>

namespace warder::manager {
namespace {

using std::chrono::days;

constexpr std::array<std::string_view, 4> kStates = {"held", "due", "overdue", "unassigned"};
constexpr std::array kAhead = {days(30), days(14), days(7), days(1)};

Timestamp end_of(const EvidenceFacts& record, days cadence) {
  return std::min(record.expires, Timestamp{record.issued + cadence});
}

}  // namespace

std::string_view name(DutyState state) noexcept {
  return kStates.at(static_cast<std::size_t>(state));
}

days cadence_of(const Commitment& commitment, const DutyTerms& terms) {
  const days longest = commitment.evidence_life.value_or(days(0));
  return terms.cadence ? std::min(*terms.cadence, longest) : longest;
}

DutyStanding assess_duty(const Commitment& commitment, const DutyTerms& terms, std::span<const EvidenceFacts> evidence,
                         Timestamp now) {
  using enum DutyState;
  const days cadence = cadence_of(commitment, terms);
  std::optional<Timestamp> held;
  std::optional<Timestamp> waiting;
  for (const EvidenceFacts& record : evidence) {
    if (record.commitment != commitment.id || !is_for_today(commitment, record, now)) continue;
    std::optional<Timestamp>& longest = is_reviewed(record, now) ? held : waiting;
    longest = std::max(longest, std::optional(end_of(record, cadence)));
  }
  DutyStanding standing;
  standing.due = held;
  if (!held && terms.assigned) standing.due = *terms.assigned + kFirstEvidence;
  standing.is_to_review = waiting && *waiting > now && waiting > held;
  if (!standing.due) return standing;
  if (now >= *standing.due)
    standing.state = Overdue;
  else
    standing.state = held && reminder_stage(*held, now) == 0 ? Held : Due;
  return standing;
}

int reminder_stage(Timestamp due, Timestamp now) {
  if (now >= due) return kOverdueStage;
  return static_cast<int>(std::ranges::count_if(kAhead, [&](days ahead) { return now >= due - ahead; }));
}

ToldStage next_stage(const ToldStage& told, const DutyStanding& standing, Timestamp now) {
  if (!standing.due) return {};
  const int stage = reminder_stage(*standing.due, now);
  if (told.due != *standing.due) return {*standing.due, stage};
  return {told.due, std::max(told.stage, stage)};
}

}  // namespace warder::manager
