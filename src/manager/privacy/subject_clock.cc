#include "manager/privacy/subject_clock.h"

#include <chrono>

namespace warder::manager {
namespace {

constexpr int kMonths = 1;         // Art. 12(3)
constexpr int kFurtherMonths = 2;  // likewise

}  // namespace

std::string_view name(SubjectState state) noexcept {
  switch (state) {
    case SubjectState::Received:
      return "received";
    case SubjectState::Open:
      return "open";
    case SubjectState::Overdue:
      return "overdue";
    case SubjectState::Done:
      return "done";
    case SubjectState::Refused:
      return "refused";
    case SubjectState::Late:
      return "late";
  }
  return "received";
}

Timestamp add_months(Timestamp time, int months) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  auto date = std::chrono::year_month_day{day} + std::chrono::months{months};
  if (!date.ok()) date = date.year() / date.month() / std::chrono::last;
  return std::chrono::sys_days{date} + (time - day);
}

Timestamp due_of(const SubjectTimes& times) {
  return add_months(times.received, times.extended ? kMonths + kFurtherMonths : kMonths);
}

SubjectState state_of(const SubjectTimes& times, Timestamp now) {
  const Timestamp due = due_of(times);
  if (times.closed && *times.closed > due) return SubjectState::Late;
  if (times.closed) return times.is_refused ? SubjectState::Refused : SubjectState::Done;
  if (now > due) return SubjectState::Overdue;
  return times.identity_checked ? SubjectState::Open : SubjectState::Received;
}

bool can_extend(const SubjectTimes& times, Timestamp now) {
  return !times.closed && !times.extended && now <= due_of(times);
}

}  // namespace warder::manager
