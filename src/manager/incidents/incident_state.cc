#include "manager/incidents/incident_state.h"

#include <algorithm>

#include "base/text.h"

namespace warder::manager {
namespace {

constexpr std::array<std::string_view, 6> kStates = {"declared",   "triaged",   "contained",
                                                     "eradicated", "recovered", "closed"};
constexpr std::array<std::string_view, 3> kGrades = {"low", "medium", "high"};
constexpr std::array<std::string_view, 5> kClocks = {"running", "due-soon", "late", "notified", "notified-late"};

template <class Enum, std::size_t Count>
Result<Enum> parse(std::string_view text, const std::array<std::string_view, Count>& names, const char* what) {
  const auto* const found = std::ranges::find(names, text);
  if (found == names.end())
    return fail(ErrorCode::Invalid, std::string("there is no ") + what + " " + std::string(text));
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view name(IncidentState state) noexcept {
  return kStates.at(static_cast<std::size_t>(state));
}
Result<IncidentState> parse_incident_state(std::string_view text) {
  return parse<IncidentState>(text, kStates, "state");
}
std::string_view name(Grade grade) noexcept {
  return kGrades.at(static_cast<std::size_t>(grade));
}
Result<Grade> parse_grade(std::string_view text) {
  return parse<Grade>(text, kGrades, "grade");
}
std::string_view name(BreachClock clock) noexcept {
  return kClocks.at(static_cast<std::size_t>(clock));
}

SeverityMatrix default_matrix() noexcept {
  using enum Severity;
  return {{{Low, Low, Medium}, {Low, Medium, High}, {Medium, High, Critical}}};
}

Result<void> check_closing(const ClosingWords& words) {
  const auto is_missing = [](const std::string& text) { return trim(text).empty(); };
  if (is_missing(words.root_cause)) return fail(ErrorCode::Invalid, "/root_cause: closing takes the root cause");
  if (is_missing(words.corrective_action))
    return fail(ErrorCode::Invalid, "/corrective_action: closing takes the corrective action");
  if (is_missing(words.plan_review) || is_missing(words.plan_reviewed_by) || !words.plan_reviewed)
    return fail(ErrorCode::Invalid,
                "/plan_review: closing takes a review of the response plan: by whom, and what of it");
  return {};
}

Result<void> check_move(IncidentState from, IncidentState to, const ClosingWords& words) {
  using enum IncidentState;
  const auto refuse = [&] {
    return fail(ErrorCode::Conflict,
                "an incident does not go from " + std::string(name(from)) + " to " + std::string(name(to)));
  };
  if (from == to || to == Declared) return refuse();
  if (from == Closed && to != Triaged) return refuse();
  if (to == Closed) return check_closing(words);
  return {};
}

BreachClock breach_clock(Timestamp aware, std::optional<Timestamp> notified, Timestamp now) noexcept {
  const Timestamp due = aware + kBreachTime;
  if (notified) return *notified <= due ? BreachClock::Notified : BreachClock::NotifiedLate;
  if (now > due) return BreachClock::Late;
  return due - now <= std::chrono::hours{24} ? BreachClock::DueSoon : BreachClock::Running;
}

}  // namespace warder::manager
