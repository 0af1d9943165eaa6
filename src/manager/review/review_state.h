// What a reviewed day is worth: pure functions of what is recorded and of the time.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace warder::manager {

/// Of one system on one day. Look: something stands out. Gap: evidence is missing, whatever else there is.
enum class TriageResult : std::uint8_t { Quiet, Look, Gap };
std::string_view name(TriageResult result) noexcept;
Result<TriageResult> parse_triage_result(std::string_view text);

/// Running: the day is not over. Open: it waits for people. Missed: it still does after its deadline. Signed and Late:
/// every system is covered; late when that came after the deadline. Recount: signed, and events came after that no
/// sign-off has seen.
enum class DayState : std::uint8_t { Running, Open, Missed, Signed, Late, Recount };
std::string_view name(DayState state) noexcept;

/// How a person judges what stands out.
enum class Judgement : std::uint8_t { Expected, Harmless, Incident, ToFix };
std::string_view name(Judgement judgement) noexcept;
Result<Judgement> parse_judgement(std::string_view text);

/// The latest count of a system.
struct TriagedSystem {
  TriageResult result = TriageResult::Quiet;
  std::int64_t events = 0;
};

/// That somebody looked at a system when so many of its events were known.
struct Covered {
  std::string system;
  std::int64_t events = 0;
  Timestamp at;
};

struct DayRecords {
  Timestamp to;  // its end
  Timestamp deadline;
  bool is_triaged = false;
  std::map<std::string, TriagedSystem> systems;
  std::vector<Covered> covered;
};

struct DayStanding {
  DayState state = DayState::Running;
  std::int64_t covered_systems = 0;
  std::int64_t late_events = 0;          // that came after somebody had looked
  std::optional<Timestamp> completed{};  // when the last system was covered for the first time
  friend bool operator==(const DayStanding&, const DayStanding&) = default;
};

/// The order of `covered` does not matter.
DayStanding standing_of(const DayRecords& records, Timestamp now);

}  // namespace warder::manager
