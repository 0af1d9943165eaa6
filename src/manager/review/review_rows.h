// The rows of a reviewed day.
#pragma once

#include "manager/review/reviews.h"
#include "manager/store/db.h"

namespace warder::manager {

struct Reviews::DayRow {
  Day day;
  std::string zone;
  Timestamp from;
  Timestamp to;
  Timestamp deadline;
  std::optional<Timestamp> triaged;
  std::int64_t events = 0;
};

inline constexpr std::string_view kDayColumns = "day, zone, from_time, to_time, deadline, triaged, events";

}  // namespace warder::manager
