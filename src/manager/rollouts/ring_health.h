// Whether a ring of a roll-out is well, and what follows from it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "manager/fleet/agents.h"

namespace warder::manager {

/// Absent: not connected when its ring was opened and not since, so that it says nothing about the change.
enum class HostVerdict : std::uint8_t { Waiting, Healthy, Unhealthy, Absent };
std::string_view name(HostVerdict verdict) noexcept;  // "waiting" …
Result<HostVerdict> parse_host_verdict(std::string_view text);

/// How a host was when its ring was opened.
struct HostBefore {
  bool was_present = false;
  bool was_degraded = false;
};

struct HostJudgement {
  HostVerdict verdict = HostVerdict::Waiting;
  std::string problem;                 // of an unhealthy one: "refused", "lost", "degraded", "not-applied"
  std::optional<Timestamp> bad_since;  // it is lost or degraded, but not for long yet
  friend bool operator==(const HostJudgement&, const HostJudgement&) = default;
};

/// A module that restarts and a connection that is made anew are no illness: only what lasts this long is.
inline constexpr std::chrono::minutes kIllnessLasts{2};

/// `bad_since` is of the judgement before. `is_soaked`: the ring has had its time, so who still waits is not well.
HostJudgement judge(const HostBefore& before, const Agent& now_is, std::optional<Timestamp> bad_since, bool is_soaked,
                    Timestamp now);

struct RingCounts {
  std::int64_t hosts = 0;
  std::int64_t waiting = 0;
  std::int64_t healthy = 0;
  std::int64_t unhealthy = 0;
  std::int64_t absent = 0;
  void add(HostVerdict verdict) noexcept;
};

enum class RingMove : std::uint8_t { Wait, Advance, BackOut };

/// `rings` are the opened ones, the last is the present one. Back out when the unhealthy are more than `max_percent` of
/// those of all opened rings that say something. Advance after the soak time, when nobody waits and somebody is well;
/// a ring of nobody is passed at once.
RingMove decide(std::span<const RingCounts> rings, int max_percent, bool is_soaked);

}  // namespace warder::manager
