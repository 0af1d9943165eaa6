#include "manager/review/review_state.h"

#include <algorithm>
#include <array>

namespace warder::manager {
namespace {

constexpr std::array<std::string_view, 3> kResults = {"quiet", "look", "gap"};
constexpr std::array<std::string_view, 6> kStates = {"running", "open", "missed", "signed", "late", "recount"};
constexpr std::array<std::string_view, 4> kJudgements = {"expected", "harmless", "incident", "to-fix"};

template <class Enum, std::size_t Count>
Result<Enum> parse(std::string_view text, const std::array<std::string_view, Count>& names, const char* what) {
  const auto* const found = std::ranges::find(names, text);
  if (found == names.end())
    return fail(ErrorCode::Invalid, std::string("there is no ") + what + " " + std::string(text));
  return static_cast<Enum>(found - names.begin());
}

/// When a system was first looked at, and the most events of it that anybody has seen.
struct Seen {
  Timestamp first;
  std::int64_t events = 0;
};

std::map<std::string, Seen> seen_of(const std::vector<Covered>& covered) {
  std::map<std::string, Seen> seen;
  for (const Covered& each : covered) {
    const auto [place, is_new] = seen.try_emplace(each.system, Seen{each.at, each.events});
    if (is_new) continue;
    place->second.first = std::min(place->second.first, each.at);
    place->second.events = std::max(place->second.events, each.events);
  }
  return seen;
}

}  // namespace

std::string_view name(TriageResult result) noexcept {
  return kResults.at(static_cast<std::size_t>(result));
}

Result<TriageResult> parse_triage_result(std::string_view text) {
  return parse<TriageResult>(text, kResults, "result");
}

std::string_view name(DayState state) noexcept {
  return kStates.at(static_cast<std::size_t>(state));
}

std::string_view name(Judgement judgement) noexcept {
  return kJudgements.at(static_cast<std::size_t>(judgement));
}

Result<Judgement> parse_judgement(std::string_view text) {
  return parse<Judgement>(text, kJudgements, "judgement");
}

DayStanding standing_of(const DayRecords& records, Timestamp now) {
  DayStanding standing;
  if (now < records.to) return standing;
  const auto seen = seen_of(records.covered);
  bool is_complete = records.is_triaged;
  Timestamp completed = records.to;
  for (const auto& [system, triaged] : records.systems) {
    const auto found = seen.find(system);
    if (found == seen.end()) {
      is_complete = false;
      continue;
    }
    ++standing.covered_systems;
    completed = std::max(completed, found->second.first);
    standing.late_events += std::max<std::int64_t>(0, triaged.events - found->second.events);
  }
  if (!is_complete) {
    standing.state = now < records.deadline ? DayState::Open : DayState::Missed;
    return standing;
  }
  standing.completed = completed;
  standing.state = completed <= records.deadline ? DayState::Signed : DayState::Late;
  if (standing.late_events > 0) standing.state = DayState::Recount;
  return standing;
}

}  // namespace warder::manager
