// What becomes of an incident: pure functions of what is recorded and of the time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "model/event.h"

namespace warder::manager {

enum class IncidentState : std::uint8_t { Declared, Triaged, Contained, Eradicated, Recovered, Closed };
std::string_view name(IncidentState state) noexcept;
Result<IncidentState> parse_incident_state(std::string_view text);

/// Of impact and of urgency.
enum class Grade : std::uint8_t { Low, Medium, High };
std::string_view name(Grade grade) noexcept;
Result<Grade> parse_grade(std::string_view text);

/// [impact][urgency]; data of the tenant.
using SeverityMatrix = std::array<std::array<Severity, 3>, 3>;
SeverityMatrix default_matrix() noexcept;

/// What closing takes.
struct ClosingWords {
  std::string root_cause;
  std::string corrective_action;
  std::string plan_review;       // what it means for the response plan
  std::string plan_reviewed_by;  // who reviewed the plan
  std::optional<Timestamp> plan_reviewed{};
};
/// Invalid, with a pointer to the first that is missing.
Result<void> check_closing(const ClosingWords& words);

/// Any step ahead may be left out: a false alarm has nothing to contain. Steps back are allowed, but never to Declared;
/// a closed incident only goes back to Triaged. Conflict otherwise, and check_closing() on the way to Closed.
Result<void> check_move(IncidentState from, IncidentState to, const ClosingWords& words);

/// The clock of GDPR Art. 33(1): 72 hours from when the controller became aware.
inline constexpr std::chrono::hours kBreachTime{72};
enum class BreachClock : std::uint8_t { Running, DueSoon, Late, Notified, NotifiedLate };
std::string_view name(BreachClock clock) noexcept;
BreachClock breach_clock(Timestamp aware, std::optional<Timestamp> notified, Timestamp now) noexcept;

}  // namespace warder::manager
