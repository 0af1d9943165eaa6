// When a request of a data subject is due, and how it stands: pure functions of what is recorded and of the time
// (GDPR Art. 12(3)).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace warder::manager {

/// Received: it is not known yet that it comes from the person. Open: it is. Overdue: neither helps any more. Done and
/// Refused: answered in time. Late: answered, one way or the other, after it was due.
enum class SubjectState : std::uint8_t { Received, Open, Overdue, Done, Refused, Late };
std::string_view name(SubjectState state) noexcept;

struct SubjectTimes {
  Timestamp received;
  std::optional<Timestamp> identity_checked{};
  std::optional<Timestamp> extended{};  // when the person was told of it
  std::optional<Timestamp> closed{};
  bool is_refused = false;
};

/// The same time of the day so many months later; of a day that the month does not have, its last.
Timestamp add_months(Timestamp time, int months);

/// A month after it was received, whenever the identity was checked; three if it was extended.
Timestamp due_of(const SubjectTimes& times);
SubjectState state_of(const SubjectTimes& times, Timestamp now);
/// Once, and only within the first month: later the person was not told in time.
bool can_extend(const SubjectTimes& times, Timestamp now);

}  // namespace warder::manager
